/// The identity that Usher makes happen once: an order of an account.
///
/// `orderID` is ASCII (the job codec allows nothing else), so comparing it as a `String` is comparing its bytes.
package struct Order: Hashable, Sendable {
    /// The account's name in the configuration.
    package var account: String
    /// The merchant's own id of the order, 1–50 characters of `A–Z a–z 0–9 . _ : -`.
    package var orderID: String

    package init(account: String, orderID: String) {
        self.account = account
        self.orderID = orderID
    }
}

/// Where a record stood on Kafka.
package struct RecordPosition: Hashable, Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// Which queue a job waits in. The raw value is what Postgres stores.
package enum Lane: Int16, CaseIterable, Sendable {
    /// An agent waits with a customer on the line.
    case interactive = 0
    /// Part of a campaign.
    case campaign = 1
    /// Started again by an operator.
    case replay = 2

    /// The lane of a new job.
    ///
    /// - Parameter lane: that of its topic; nil: whether the job names a campaign decides.
    package init(ofTopic lane: Lane?, isOfCampaign: Bool) {
        self = lane ?? (isOfCampaign ? .campaign : .interactive)
    }

    /// The lane's name in the CLI, in logs and in the configuration.
    package var name: String {
        switch self {
        case .interactive: "interactive"
        case .campaign: "campaign"
        case .replay: "replay"
        }
    }
}
