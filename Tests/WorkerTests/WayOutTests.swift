import SessionCore
import Testing

@testable import Worker

/// When a worker leaves its results to others, and when it may make links.
@Suite("The way out")
final class WayOutTests {
    private var wayOut = WayOut(unpublishedMax: .seconds(30))

    private func hindrance(own: Int? = nil, all: Int?, isSending: Bool = false, at uptime: Int) -> WayOut.Hindrance? {
        wayOut.hindrance(
            own: own.map { .seconds($0) },
            all: all.map { .seconds($0) },
            isSending: isSending,
            at: .seconds(uptime)
        )
    }

    private func acknowledged(at uptime: Int) -> Bool {
        wayOut.acknowledged(at: .seconds(uptime))
    }

    /// As if nothing of what was sent at the start were acknowledged.
    private func goAside(at uptime: Int) throws -> Bool {
        try offer(OutboxOffer(left: [7]), at: uptime)
    }

    private func offer(_ offer: OutboxOffer, at uptime: Int) throws -> Bool {
        let silence = try #require(wayOut.silence(of: .zero, at: .seconds(uptime)))
        return wayOut.goAside(after: offer, silence, at: .seconds(uptime))
    }

    private func share(at uptime: Int) -> WayOut.Silence.Share? {
        wayOut.silence(of: .zero, at: .seconds(uptime))?.share
    }

    private func dueTrials(from start: Int, to end: Int) -> [Int] {
        (start...end).filter { wayOut.isTrialDue(at: .seconds($0)) }
    }

    @Test("no links are made while a result of its own waits for too long, whatever else is acknowledged")
    func ownResultsWait() {
        let before = hindrance(own: 30, all: 30, isSending: true, at: 100)
        #expect(before == nil)
        let late = hindrance(own: 31, all: 31, isSending: true, at: 101)
        #expect(late == .ownWait(.seconds(31)))
        _ = acknowledged(at: 101)
        let still = hindrance(own: 32, all: 32, isSending: true, at: 102)
        #expect(still == .ownWait(.seconds(32)))
        let after = hindrance(all: nil, at: 103)
        #expect(after == nil)
    }

    @Test("results are left to others once the oldest has waited for too long and nothing was acknowledged for a while")
    func silence() {
        #expect(wayOut.silence(of: nil, at: .seconds(100)) == nil)
        #expect(wayOut.silence(of: .seconds(70), at: .seconds(100)) == nil)
        #expect(wayOut.silence(of: .seconds(69), at: .seconds(100)) != nil)
        _ = acknowledged(at: 90)
        #expect(wayOut.silence(of: .seconds(69), at: .seconds(104)) == nil)
        #expect(wayOut.silence(of: .seconds(69), at: .seconds(105)) != nil)
    }

    @Test("a worker that is aside claims nothing and takes nothing over until something is acknowledged")
    func aside() throws {
        let goes = try goAside(at: 31)
        #expect(goes)
        #expect(wayOut.isAside)
        #expect(wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(31)) == 0)
        let hindered = hindrance(all: nil, at: 40)
        #expect(hindered == .aside(.seconds(9)))
        let goesAgain = try goAside(at: 41)
        #expect(!goesAgain, "what came in since is left to others as well, and that is no news")
        let isNews = acknowledged(at: 50)
        #expect(isNews)
        #expect(!wayOut.isAside)
        #expect(wayOut.rowsToTakeOver(50, isSending: true, at: .seconds(50)) == 50)
        let after = hindrance(all: 50, at: 51)
        #expect(after == nil)
    }

    @Test("an acknowledgement that comes while its results are given back keeps a worker from going aside")
    func acknowledgedMeanwhile() throws {
        let silence = try #require(wayOut.silence(of: .zero, at: .seconds(31)))
        _ = acknowledged(at: 31)
        let goes = wayOut.goAside(after: OutboxOffer(left: [7], isAnyPublished: true), silence, at: .seconds(31))
        #expect(!goes)
        #expect(!wayOut.isAside)
        #expect(share(at: 60) == .oldest(beside: []), "it may have been published by its own producer")
    }

    @Test("where nobody could have its results a worker keeps them, and does not go aside")
    func nobodyElse() throws {
        let goes = try offer(OutboxOffer(), at: 31)
        #expect(!goes)
        #expect(!wayOut.isAside)
        #expect(share(at: 32) == .oldest(beside: []))
    }

    /// In an outage that all have met, Kafka may have come back for the others a moment earlier.
    @Test("rows go one after the other, and all once others publish and for five seconds nothing is acknowledged")
    func oneAfterTheOther() throws {
        #expect(share(at: 31) == .oldest(beside: []))
        _ = try offer(OutboxOffer(left: [7]), at: 31)
        #expect(share(at: 32) == .oldest(beside: [7]))
        _ = try offer(OutboxOffer(left: [7, 8], isAnyPublished: true), at: 40)
        #expect(share(at: 41) == .nothing)
        #expect(share(at: 44) == .nothing)
        #expect(share(at: 45) == .all)
        _ = acknowledged(at: 46)
        #expect(share(at: 47) == nil)
        #expect(share(at: 62) == .oldest(beside: []), "what was found out before says nothing of now")
    }

    @Test("results that wait for too long hinder only a worker that has published nothing since they came")
    func doubt() {
        let hindered = hindrance(all: 40, at: 100)
        #expect(hindered == .doubt(.seconds(40)))
        #expect(
            wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(100)) == 1,
            "one shows whether the rest would get through"
        )
        #expect(wayOut.rowsToTakeOver(50, isSending: true, at: .seconds(100)) == 0)
        let isNews = acknowledged(at: 101)
        #expect(isNews)
        #expect(wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(101)) == 50)
        let after = hindrance(all: 42, at: 102)
        #expect(after == nil)
        let later = hindrance(all: 400, at: 460)
        #expect(later == nil, "it has published since, though long ago")
        let newer = hindrance(all: 31, at: 460)
        #expect(newer == .doubt(.seconds(31)))
        let gone = hindrance(all: nil, at: 461)
        #expect(gone == nil)
    }

    @Test("a worker that has published nothing for long takes one row over first: its own way may be broken as well")
    func idle() {
        #expect(wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(100)) == 1)
        #expect(wayOut.rowsToTakeOver(50, isSending: true, at: .seconds(100)) == 0)
        let isNews = acknowledged(at: 100)
        #expect(isNews, "the others are taken over at once")
        let isNewsAgain = acknowledged(at: 101)
        #expect(!isNewsAgain)
        #expect(wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(129)) == 50)
        #expect(wayOut.rowsToTakeOver(50, isSending: false, at: .seconds(132)) == 1)
    }

    @Test("a result that nobody may take over is no reason to stand still for ever")
    func doubtEnds() {
        let hindered = (100...160).map { hindrance(all: $0, at: $0) }
        #expect(!hindered.contains(nil))
        let after = hindrance(all: 161, at: 161)
        #expect(after == nil)
        let withOwn = hindrance(own: 1, all: 162, isSending: true, at: 162)
        #expect(withOwn == .doubt(.seconds(162)), "it has something now by which it is found out")
    }

    @Test("a worker that is aside tries again every five seconds")
    func trials() throws {
        let before = dueTrials(from: 20, to: 30)
        _ = try goAside(at: 31)
        let aside = dueTrials(from: 31, to: 45)
        _ = acknowledged(at: 46)
        let after = dueTrials(from: 46, to: 60)
        #expect(before == [])
        #expect(aside == [36, 41])
        #expect(after == [])
    }
}
