import Testing

@testable import KafkaTransport

/// When a reader has read all, and when it gives brokers up.
@Suite struct ReadingEndTests {
    private let start = ContinuousClock.now

    private func ends(at end: Int64) -> ReadingEnds {
        var ends = ReadingEnds()
        ends.note(0, end: end)
        return ends
    }

    @Test func aPartitionIsReadWithTheLastRecordOrWithTheEndBehindIt() {
        var byRecord = ends(at: 10)
        byRecord.read(0, offset: 8)
        #expect(!byRecord.areReached)
        byRecord.read(0, offset: 9)
        #expect(byRecord.areReached)
        // The last offsets may hold no record: the end of a transaction, or what compaction took.
        var byEnd = ends(at: 10)
        byEnd.read(0, offset: 7)
        byEnd.toldEnd(of: 0, at: 10)
        #expect(byEnd.areReached)
    }

    @Test func everyPartitionIsToBeRead() {
        var ends = ends(at: 10)
        ends.note(1, end: 5)
        ends.toldEnd(of: 0, at: 12)
        ends.toldEnd(of: 2, at: 12)
        #expect(!ends.areReached)
        ends.read(1, offset: 4)
        #expect(ends.areReached)
    }

    @Test func anEndThatComesTooEarlyIsNotBelieved() {
        var ends = ends(at: 10)
        let before = ends.due(now: start)
        #expect(before == [])
        ends.toldEnd(of: 0, at: 4)
        let early = ends.due(now: start)
        #expect(early == [0])
        ends.asked(0, end: 10)
        #expect(!ends.areReached)
        let soon = ends.due(now: start + .milliseconds(999))
        #expect(soon == [])
        let later = ends.due(now: start + .seconds(1))
        #expect(later == [0], "nothing came yet")
        ends.read(0, offset: 4)
        let afterRecord = ends.due(now: start + .seconds(2))
        #expect(afterRecord == [])
        ends.read(0, offset: 9)
        #expect(ends.areReached)
    }

    @Test func aLogThatWasCutIsReadUpToItsNewEnd() {
        var ends = ends(at: 10)
        ends.toldEnd(of: 0, at: 4)
        ends.asked(0, end: 6)
        #expect(!ends.areReached)
        // What is written behind the cut belongs to what was not there.
        ends.asked(0, end: 20)
        ends.read(0, offset: 5)
        #expect(ends.areReached)
        var atEnd = self.ends(at: 10)
        atEnd.toldEnd(of: 0, at: 4)
        atEnd.asked(0, end: 4)
        #expect(atEnd.areReached)
    }

    @Test func aTopicThatIsQuietIsNotAskedAbout() {
        let silence = BrokerSilence(patience: .seconds(30))
        #expect(!silence.isAskDue(now: start))
        #expect(!silence.isAskDue(now: start + .seconds(3_600)))
    }

    @Test func aConnectionThatBrokeIsNoNewsWhileABrokerAnswers() {
        var silence = BrokerSilence(patience: .seconds(30))
        for hour in 0..<3 {
            silence.suspect()
            #expect(silence.isAskDue(now: start + .seconds(3_600 * hour)))
            let news = silence.answered()
            #expect(news == nil)
            #expect(!silence.isAskDue(now: start + .seconds(3_600 * hour + 1)))
        }
    }

    @Test func brokersAreAwayAfterQuestionsInVainAndBackWithTheFirstAnswerEachToldOnce() {
        var silence = BrokerSilence(patience: .seconds(30))
        silence.suspect()
        var told: [ResultReader.News?] = []
        for second in 0...40 {
            #expect(silence.isAskDue(now: start + .seconds(second)))
            told.append(silence.unanswered(now: start + .seconds(second)))
            #expect(!silence.isAskDue(now: start + .milliseconds(second * 1_000 + 999)))
        }
        #expect(told.firstIndex(of: .away) == 30)
        #expect(told.count { $0 != nil } == 1)
        let back = silence.answered()
        #expect(back == .back)
        let again = silence.answered()
        #expect(again == nil)
    }

    @Test func oneAnswerBeginsThePatienceAnew() {
        var silence = BrokerSilence(patience: .seconds(30))
        silence.suspect()
        var told = silence.unanswered(now: start)
        told = silence.unanswered(now: start + .seconds(29)) ?? told
        told = silence.answered() ?? told
        silence.suspect()
        told = silence.unanswered(now: start + .seconds(31)) ?? told
        #expect(told == nil)
    }

    @Test func aRecordThatLayHereAlreadyDoesNotEndTheSuspicion() {
        var silence = BrokerSilence(patience: .seconds(30))
        silence.suspect()
        var news = silence.received()
        #expect(news == nil)
        #expect(silence.isAskDue(now: start))
        for second in [0, 30] { news = silence.unanswered(now: start + .seconds(second)) }
        #expect(news == .away)
        news = silence.received()
        #expect(news == .back)
    }
}
