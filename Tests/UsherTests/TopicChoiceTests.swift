import SessionCore
import Testing

@testable import usher

@Suite("Which topic a job goes to")
struct TopicChoiceTests {
    typealias Topic = TopicChoice.Topic

    /// The one topic that most installations have.
    static let one = TopicChoice(among: [Topic(name: "jobs", lane: nil)])

    static let desk = Topic(name: "desk", lane: .interactive)
    static let hall = Topic(name: "hall", lane: .interactive)
    static let bulk = Topic(name: "bulk", lane: .campaign)
    static let both = Topic(name: "both", lane: nil)

    static let choices: [([Topic], Topic, Topic)] = [
        ([desk, bulk], desk, bulk), ([bulk, desk], desk, bulk), ([desk, both, bulk], desk, bulk),
        ([desk, both], desk, both), ([both, desk], both, both), ([both, bulk], both, bulk), ([both], both, both),
        ([desk, hall], desk, desk), ([bulk], bulk, bulk),
    ]

    @Test(
        "campaigns' to the first of their lane, else to one of both lanes; agents' to the first that is not campaigns'",
        arguments: choices
    )
    func choice(topics: [Topic], agents: Topic, campaigns: Topic) {
        let choice = TopicChoice(among: topics)
        #expect(choice.topic(isOfCampaign: false) == agents)
        #expect(choice.topic(isOfCampaign: true) == campaigns)
        #expect(choice.isOneTopic == (agents == campaigns))
    }

    @Test("All to the one that was asked for")
    func askedFor() {
        let choice = TopicChoice(only: Self.desk)
        #expect(choice.topic(isOfCampaign: false) == Self.desk)
        #expect(choice.topic(isOfCampaign: true) == Self.desk)
    }

    @Test("Its lane is the topic's; where the topic has none, its campaign decides")
    func lane() {
        #expect(TopicChoice(only: Self.desk).lane(isOfCampaign: true) == .interactive)
        #expect(TopicChoice(only: Self.bulk).lane(isOfCampaign: false) == .campaign)
        #expect(TopicChoice(only: Self.both).lane(isOfCampaign: true) == .campaign)
        #expect(TopicChoice(only: Self.both).lane(isOfCampaign: false) == .interactive)
    }
}

@Suite("What an input of agents' and campaigns' jobs became")
struct EnqueueSharesTests {
    /// A job of an agent's and two of a campaign's, all of them sent.
    private func report(_ topics: TopicChoice) -> EnqueueReport {
        var lines = CheckedLines()
        var check = LineCheck(rules: LineCheckTests.rules)
        for (number, campaign) in [(1, nil), (2, "winter"), (3, "winter")] as [(Int, String?)] {
            let line = LineCheckTests.line(number, order: "o-\(number)", campaign: campaign)
            lines.note(number, check.check(line))
        }
        var report = EnqueueReport(input: "jobs.ndjson", topics: topics, lines: lines)
        report.sent = 3
        report.sentOfCampaigns = 2
        report.acknowledged = 3
        return report
    }

    @Test("With two topics it is told how many jobs go to each and into which lane, before and after")
    func twoTopics() {
        var report = report(TopicChoice(among: [TopicChoiceTests.desk, TopicChoiceTests.bulk]))
        let places = "1 to desk (lane interactive), 2 to bulk (lane campaign)"
        #expect(report.plan == "sending \(places)")
        #expect(report.warning == nil)
        #expect(report.summary.last == "3 jobs sent: \(places); 3 acknowledged")
        let agents = #"{"topic":"desk","lane":"interactive","to_send":1,"sent":1}"#
        let campaigns = #"{"topic":"bulk","lane":"campaign","to_send":2,"sent":2}"#
        #expect(report.json.contains(#""topic":"desk","topics":[\#(agents),\#(campaigns)]"#))
        report.ending = .checked
        #expect(report.summary.last == "to be sent: \(places)")
    }

    @Test("With one topic it is told as ever; programs are told the lanes")
    func oneTopic() {
        var report = report(TopicChoiceTests.one)
        #expect(report.plan == nil)
        #expect(report.warning == nil)
        #expect(report.summary.last == "3 jobs sent to jobs, 3 acknowledged")
        let agents = #"{"topic":"jobs","lane":"interactive","to_send":1,"sent":1}"#
        let campaigns = #"{"topic":"jobs","lane":"campaign","to_send":2,"sent":2}"#
        #expect(report.json.contains(#""topic":"jobs","topics":[\#(agents),\#(campaigns)]"#))
        report.ending = .checked
        #expect(report.summary.last == "nothing was sent: this was a dry run")
    }

    @Test("A campaign that goes where agents' jobs go is warned of, with advice unless that was asked for")
    func warning() {
        let warning = "note: 2 jobs of campaigns for desk, a topic of agents: agents wait behind them"
        let chosen = report(TopicChoice(among: [TopicChoiceTests.desk]))
        #expect(chosen.warning == warning + "; give campaigns a topic of their own in kafka.jobs_topics")
        #expect(report(TopicChoice(only: TopicChoiceTests.desk)).warning == warning)
        #expect(chosen.json.contains(#""topics":[{"topic":"desk","lane":"interactive","to_send":3,"sent":3}]"#))
    }
}
