import BlockingThreads
import Testing

@Suite("Mailbox")
struct MailboxTests {
    @Test("the taker gets everything that has gathered, in order")
    func takesWhatGathered() async {
        let mailbox = Mailbox<Int>()
        mailbox.send(contentsOf: [1, 2])
        mailbox.send(3)
        #expect(await mailbox.takeAll() == [1, 2, 3])
    }

    @Test("a waiting taker is woken by the first element; after finish it gets what is left, then nil")
    func wakesAndFinishes() async {
        let mailbox = Mailbox<Int>()
        async let first = mailbox.takeAll()
        mailbox.send(1)
        #expect(await first == [1])
        mailbox.send(2)
        mailbox.finish()
        mailbox.send(3)
        #expect(await mailbox.takeAll() == [2])
        #expect(await mailbox.takeAll() == nil)
    }

    @Test("of several takers, who waits first is served first, and each is told of the end")
    func severalTakers() async {
        let mailbox = Mailbox<Int>()
        async let one = mailbox.takeAll()
        async let two = mailbox.takeAll()
        mailbox.send(contentsOf: [1, 2])
        mailbox.send(3)
        mailbox.finish()
        let taken = [await one, await two]
        // Either both waited, then the second got the 3; or the elements had gathered before.
        #expect(taken.compactMap { $0 }.flatMap { $0 }.sorted() == [1, 2, 3])
        async let three = mailbox.takeAll()
        async let four = mailbox.takeAll()
        let ends = [await three, await four]
        #expect(ends == [nil, nil])
    }

    @Test("between many senders and several takers each element is taken once, and every taker ends")
    func manyTakers() async {
        let mailbox = Mailbox<Int>()
        let threads = (0..<4).map { sender in
            NamedThread("sender") { for index in 0..<2_000 { mailbox.send(sender * 2_000 + index) } }
        }
        let taken = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var mine: [Int] = []
                    while let elements = await mailbox.takeAll() { mine += elements }
                    return mine
                }
            }
            for thread in threads { thread.join() }
            mailbox.finish()
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.sorted() == Array(0..<8_000))
    }

    @Test("nothing is lost or doubled between many senders and a taker")
    func nothingLost() async {
        let mailbox = Mailbox<Int>()
        let senders = 8
        let each = 5_000
        let threads = (0..<senders).map { sender in
            NamedThread("sender") { for index in 0..<each { mailbox.send(sender * each + index) } }
        }
        var seen = Set<Int>()
        while seen.count < senders * each, let taken = await mailbox.takeAll() {
            for element in taken { #expect(seen.insert(element).inserted) }
        }
        for thread in threads { thread.join() }
        #expect(seen.count == senders * each)
    }
}
