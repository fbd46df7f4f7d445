/// What a server asks for answers. Called on the server's thread, and must not block.
package protocol HTTPHandler: Sendable {
    /// The answer; nil when it will come through `turn.reply`.
    func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer?
    /// The next piece of a streamed body; empty at its end.
    func nextPiece(of range: inout EventRange) -> [UInt8]
}

extension HTTPHandler {
    package func nextPiece(of range: inout EventRange) -> [UInt8] { [] }
}

/// What a handler may want to know of the moment in which it is asked.
package struct HTTPTurn: Sendable {
    /// The request waited for `WireFault.hold` and comes a second time.
    package let isHeld: Bool
    package let connectionsOpen: Int
    /// Takes the answer of a request that was answered with nil.
    package let reply: HTTPReply
}

/// Gives an answer from any thread. The first one counts; when the client has gone away, none does.
package struct HTTPReply: Sendable {
    let connection: ConnectionID
    /// The number of the request on its connection.
    let request: UInt64
    let mailbox: LoopMailbox

    package func give(_ answer: HTTPAnswer) {
        mailbox.send(.answer(answer, connection, request: request))
    }
}
