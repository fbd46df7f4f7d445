import KafkaTransport
import SessionCore

/// What stands where callbacks are to be received.
enum ListenerState: Equatable, Sendable {
    /// Nobody listens there.
    case free
    /// `usher callbacks`, or what answers like it.
    case usher
    /// Something that speaks TLS, which is not asked further.
    case taken
    case other
    /// This machine cannot listen there.
    case unusable(String)

    var isServed: Bool { self == .usher || self == .taken }
}

/// What is known of the receiving of callbacks. Pure.
enum CallbackJudgement {
    /// A certificate that ends sooner is worth a reminder; one that ends very soon is a problem.
    static let certificateAdvice: Duration = .seconds(30 * 86_400)
    static let certificateProblem: Duration = .seconds(7 * 86_400)

    static func listener(_ state: ListenerState, address: String) -> Finding {
        switch state {
        case .free: .ok("\(address) is free; `usher callbacks` does not run on this machine")
        case .usher: .ok("`usher callbacks` answers at \(address)")
        case .taken: .ok("something listens at \(address)")
        case .other:
            .problem("\(address) is taken by something else than `usher callbacks`; choose another `callbacks.listen`")
        case .unusable(let reason):
            .problem(
                "nobody can listen at \(address): \(reason); `callbacks.listen` must be an address of this machine"
            )
        }
    }

    /// - Parameter endsIn: how long the certificate is valid from now on.
    static func certificate(_ path: String, endsIn: Duration?) -> Finding {
        guard let endsIn else { return .advice("\(path): how long the certificate is valid cannot be read") }
        if endsIn <= .zero {
            return .problem("\(path): the certificate ended \((.zero - endsIn).inWords) ago; renew it and restart")
        }
        let text = "\(path): the certificate is valid for another \(endsIn.inWords)"
        if endsIn < certificateProblem { return .problem("\(text): renew it and restart") }
        return endsIn < certificateAdvice ? .advice("\(text): renew it and restart") : .ok(text)
    }

    /// - Parameter isServed: whether somebody receives callbacks here: then the topic has to be there.
    static func topic(_ topic: ClusterDescription.Topic, brokers: Int, isServed: Bool) -> [Finding] {
        guard let error = topic.error else { return KafkaJudgement.topic(topic, brokers: brokers) }
        let text = "\(topic.name): \(Explanation.of(error).message)"
        return [isServed ? .problem(text) : .advice("\(text); make it before `usher callbacks` runs")]
    }
}
