/// What a look-up says of a session (API 1.3, objects/session).
enum SessionStatus: String, CaseIterable, Sendable {
    case open
    case actionRequired = "action required"
    case successful
    case failed
    case expired
}
