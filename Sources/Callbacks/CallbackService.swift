import CashierSignature
package import Cryptography
package import HTTPServer
package import Logs
package import SessionCore
import Synchronization

/// Receives the provider's posts: verifies, decides, stores, answers.
///
/// Every post is answered within the deadline. A notification is answered with 0 only after it is durable; the answer
/// to one that could not be stored in time is −1, upon which the provider posts it again.
package final class CallbackService<Store: CallbackStore, Sink: EventSink>: HTTPHandler {
    private let store: Store
    private let sink: Sink
    private let settings: CallbackSettings
    private let accounts: Mutex<[CallbackAccount]>
    /// In lower case.
    private let signatureHeader: String
    private let identity: ResultIdentity
    private let wall: @Sendable () -> Timestamp
    private let log: Log
    private let quiet: QuietLog
    /// Of each kind: validations need no write, and do not wait because notifications do.
    private let undecided: [CallbackKind: Admissions]
    private let recorder: EventRecorder<Store>
    private let publisher: EventPublisher<Store, Sink>

    /// - Parameter wall: the process's clock, for the timestamps of answers; the database's decides what is taken.
    package init(
        store: Store,
        sink: Sink,
        settings: CallbackSettings,
        identity: ResultIdentity,
        wall: @escaping @Sendable () -> Timestamp,
        log: Log
    ) {
        self.store = store
        self.sink = sink
        self.settings = settings
        accounts = Mutex(settings.accounts)
        signatureHeader = settings.signatureHeader.lowercased()
        self.identity = identity
        self.wall = wall
        self.log = log
        quiet = QuietLog(log)
        let kinds = CallbackKind.allCases.map { ($0, Admissions(max: settings.undecidedMax)) }
        undecided = Dictionary(uniqueKeysWithValues: kinds)
        let publisher = EventPublisher(store: store, sink: sink, settings: settings, log: log)
        self.publisher = publisher
        recorder = EventRecorder(store: store, settings: settings) { publisher.publish($0) }
    }

    /// Stores and publishes until `stop`. The listener runs beside it.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.publisher.takeAcknowledgements() }
            group.addTask { await self.publisher.relay() }
            group.addTask {
                await self.recorder.run()
                self.publisher.stop()
                await self.sink.close(timeout: self.settings.grace)
            }
        }
    }

    /// Stores what was posted, publishes what was stored, and lets `run` return. Call it after the listener stopped.
    package func stop() {
        recorder.finish()
    }

    /// Takes an account's secrets for the posts that come from now on. An account that is not received is left alone.
    package func replace(secrets: [Secret], ofAccount name: String) {
        accounts.withLock { accounts in
            for index in accounts.indices where accounts[index].name == name { accounts[index].secrets = secrets }
        }
    }

    // MARK: Requests

    package func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer? {
        if request.path == "/healthz", request.method == "GET" || request.method == "HEAD" {
            return HTTPAnswer(
                status: 200,
                headers: [HTTPHeader(name: "Content-Type", value: "text/plain; charset=utf-8")],
                body: Array("ok\n".utf8)
            )
        }
        guard let kind = CallbackKind.allCases.first(where: { request.path.hasSuffix("/" + $0.rawValue) }) else {
            return refusal("nothing is received here; post to …/notification or …/validation", httpStatus: 404)
        }
        guard request.method == "POST" else {
            var answer = refusal("the method here is POST", httpStatus: 405)
            answer.headers.append(HTTPHeader(name: "Allow", value: "POST"))
            return answer
        }
        let post: CallbackPost
        do throws(CallbackRefusal) {
            post = try CallbackPost(
                kind,
                body: request.body,
                signature: request.header(signatureHeader),
                accounts: accounts.withLock { $0 },
                bytesMax: settings.bodyBytesMax
            )
        } catch {
            quiet.refused(error, kind)
            return refusal(error.description, httpStatus: Self.httpStatus(of: error))
        }
        guard let places = undecided[kind], places.enter() else {
            quiet.turnedAway(kind)
            return signed(failure(of: kind), post)
        }
        let reply = turn.reply
        Task {
            await take(post, reply)
            places.leave()
        }
        return nil
    }

    private func refusal(_ description: String, httpStatus: Int) -> HTTPAnswer {
        CallbackAnswer(status: -1, description: description).unsigned(httpStatus: httpStatus, at: wall())
    }

    private static func httpStatus(of refusal: CallbackRefusal) -> Int {
        switch refusal {
        case .unknownAccount, .noSignature, .badSignature: 401
        case .notJSON, .badField, .unknownOrder, .stale, .altered: 400
        }
    }

    /// Answers within the deadline, whatever the database does.
    private func take(_ post: CallbackPost, _ reply: HTTPReply) async {
        let once = Once()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let answer = await self.decide(post)
                if once.isFirst() { reply.give(self.signed(answer, post)) }
            }
            group.addTask {
                guard (try? await ContinuousClock().sleep(for: self.settings.deadline)) != nil, once.isFirst() else {
                    return
                }
                self.log.warning(
                    "a callback could not be dealt with in time",
                    [.state: .text(post.kind.rawValue), .order: .text(self.printable(post.orderID))]
                )
                reply.give(self.signed(self.failure(of: post.kind), post))
            }
            // Whichever comes first has answered. A decision that comes too late goes on, and is only not told: it
            // does not look at its task's cancellation, which is for the clock.
            await group.next()
            group.cancelAll()
        }
    }

    private func signed(_ answer: CallbackAnswer, _ post: CallbackPost) -> HTTPAnswer {
        answer.signed(
            with: post.secret,
            headers: settings.answerHeaders,
            version: post.accounts[0].version,
            at: wall()
        )
    }

    private func failure(of kind: CallbackKind) -> CallbackAnswer {
        switch kind {
        case .notification: CallbackAnswer(status: -1, description: "temporarily unavailable, please repeat")
        case .validation: CallbackAnswer(status: -1, description: settings.refusalText)
        }
    }

    // MARK: Decisions

    private func decide(_ post: CallbackPost) async -> CallbackAnswer {
        do {
            switch post.kind {
            case .notification: return try await notified(post)
            case .validation: return try await validated(post)
            }
        } catch let refusal as CallbackRefusal {
            log.warning(
                "a signed callback was refused",
                [
                    .state: .text(post.kind.rawValue), .account: .text(post.accounts[0].name),
                    .order: .text(printable(post.orderID)), .reason: .text(refusal.rawValue),
                ]
            )
            return post.kind == .validation
                ? CallbackAnswer(status: 1, description: settings.refusalText)
                : CallbackAnswer(status: -1, description: refusal.description)
        } catch {
            log.error(
                "a callback could not be dealt with",
                [
                    .state: .text(post.kind.rawValue), .order: .text(printable(post.orderID)),
                    .error: .text(String(describing: error)),
                ]
            )
            return failure(of: post.kind)
        }
    }

    private func notified(_ post: CallbackPost) async throws -> CallbackAnswer {
        let order = try await order(of: post, withBody: false, ageMax: settings.replayWindow)
        let event = try NotificationReading.event(post, of: order, identity: identity)
        let new = NewEvent(
            jobID: order.jobID,
            event: event,
            value: EventCodec.encode(event),
            signatureDigest: post.signatureDigest
        )
        switch try await recorder.record(new) {
        case .stored:
            log.info("the provider told of an order", fields(event))
        case .repeated(let isSame):
            if isSame {
                log.debug("the provider told again what is known", fields(event))
            } else {
                log.warning(
                    "the provider told a known status again with other amounts; the first is kept",
                    fields(event)
                )
            }
        case .altered:
            // Perhaps a status that could not be stored in time: nobody else tells the CRM of it.
            log.error(
                "a notification was refused as altered: look its transaction up in the Cashier's back office",
                [
                    .account: .text(event.order.account), .order: .text(event.order.orderID),
                    .status: .text(printable(event.status)),
                    .tid: .text(event.transaction.map { String($0.tid) } ?? "none"),
                    .reason: .text(CallbackRefusal.altered.rawValue),
                ]
            )
            return CallbackAnswer(status: -1, description: CallbackRefusal.altered.description)
        }
        return .accepted
    }

    private func validated(_ post: CallbackPost) async throws -> CallbackAnswer {
        let order = try await order(
            of: post,
            withBody: true,
            ageMax: CallbackSettings.validationAge + settings.clockSkew
        )
        let verdict = ValidationVerdict(post, order, clockSkew: settings.clockSkew)
        log.notice(
            "a payment was validated",
            [
                .account: .text(order.order.account), .order: .text(order.order.orderID),
                .generation: .init(order.generation), .outcome: .text(verdict.rawValue),
            ]
        )
        return verdict == .accepted ? .accepted : CallbackAnswer(status: 1, description: settings.refusalText)
    }

    /// The order that a post speaks of, once the post is known to be recent by the database's clock.
    private func order(of post: CallbackPost, withBody: Bool, ageMax: Duration) async throws -> KnownOrder {
        let names = post.accounts.map(\.name)
        guard let order = try await store.order(post.orderID, accounts: names, withBody: withBody) else {
            throw CallbackRefusal.unknownOrder
        }
        let age = post.toldAt.duration(to: order.now)
        guard age >= .zero - settings.clockSkew, age <= ageMax else { throw CallbackRefusal.stale }
        return order
    }

    private func fields(_ event: TransactionEvent) -> KeyValuePairs<LogKey, LogValue> {
        [
            .account: .text(event.order.account), .order: .text(event.order.orderID),
            .status: .text(printable(event.status)), .tid: .text(event.transaction.map { String($0.tid) } ?? "none"),
            .eventID: .text(event.eventID.text),
        ]
    }

    /// A word of the provider as a log may have it.
    private func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(64).filter { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F })
    }
}

/// Lets the first of two through.
private final class Once: Sendable {
    private let isOver = Mutex(false)

    func isFirst() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
