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
