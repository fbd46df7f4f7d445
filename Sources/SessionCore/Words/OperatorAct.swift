/// Who does something that is audited, and why.
package struct OperatorAct: Equatable, Sendable {
    /// `user@host`, at most 128 bytes.
    package var actor: String
    /// At most 1024 bytes.
    package var reason: String

    package init(actor: String, reason: String) {
        self.actor = actor
        self.reason = reason
    }
}
