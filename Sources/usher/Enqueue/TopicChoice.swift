import SessionCore
import Settings

/// Which jobs topic jobs go to, by whether they name a campaign. Pure.
struct TopicChoice: Equatable, Sendable {
    /// A jobs topic of the settings.
    struct Topic: Equatable, Sendable {
        var name: String
        /// The lane of its jobs; nil: whether a job names a campaign decides.
        var lane: Lane?
    }

    /// Where jobs go that name no campaign.
    let agents: Topic
    let campaigns: Topic
    /// Whether somebody asked for the topic.
    let isAskedFor: Bool

    /// All jobs go to the topic that was asked for.
    init(only topic: Topic) {
        agents = topic
        campaigns = topic
        isAskedFor = true
    }

    /// Campaigns go to a topic of their own where there is one, else to one that takes both, so that agents do not wait
    /// behind them. The first in the list wins.
    ///
    /// - Parameter topics: all of the settings, of which there is one at least.
    init(among topics: [Topic]) {
        guard let first = topics.first else { preconditionFailure("settings without a jobs topic were accepted") }
        let ofBoth = topics.first { $0.lane == nil }
        agents = topics.first { $0.lane == nil || $0.lane == .interactive } ?? first
        campaigns = topics.first { $0.lane == .campaign } ?? ofBoth ?? first
        isAskedFor = false
    }

    var isOneTopic: Bool { agents == campaigns }

    func topic(isOfCampaign: Bool) -> Topic {
        isOfCampaign ? campaigns : agents
    }

    /// The lane that a worker will put the job into.
    func lane(isOfCampaign: Bool) -> Lane {
        Lane(ofTopic: topic(isOfCampaign: isOfCampaign).lane, isOfCampaign: isOfCampaign)
    }
}

extension TopicChoice.Topic {
    init(_ topic: Configuration.JobsTopic) {
        self.init(name: topic.name, lane: topic.lane)
    }
}
