/// Who does something that is audited, and why.
package struct OperatorAct: Equatable, Sendable {
    /// `anna@host`, `anna as usher@host` where the program ran as another user, `says anna, usher@host` where somebody
    /// says so and nothing else does; at most 128 bytes.
    package var actor: String
    /// At most 1024 bytes.
    package var reason: String

    package init(actor: String, reason: String) {
        self.actor = actor
        self.reason = reason
    }
}
