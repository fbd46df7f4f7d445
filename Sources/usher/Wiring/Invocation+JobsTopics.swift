import Settings
import Spelling
import Terminal

extension Invocation {
    /// The jobs topic of that name. Throws `UsageError` with those there are for one that the settings do not have.
    func jobsTopic(
        _ name: String,
        in configuration: Configuration
    ) throws(UsageError) -> Configuration.JobsTopic {
        let topics = configuration.kafka.jobsTopics
        if let topic = topics.first(where: { $0.name == name }) { return topic }
        let known = topics.map(\.name)
        let near = nearestWord(to: name, among: known).map { "did you mean \($0)? There are" } ?? "there are"
        let list = known.joined(separator: ", ")
        throw UsageError(
            path: path,
            message: "the settings have no jobs topic \(printable(name)); \(near) \(list)"
        )
    }

    /// The jobs topics that are asked about: the one that the argument TOPIC names, or all. Throws `UsageError` for one
    /// that the settings do not have.
    func jobsTopics(in configuration: Configuration) throws(UsageError) -> [String] {
        guard let name = optionalArgument("TOPIC") else { return configuration.kafka.jobsTopics.map(\.name) }
        return [try jobsTopic(name, in: configuration).name]
    }
}
