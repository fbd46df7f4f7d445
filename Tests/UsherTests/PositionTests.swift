import SessionCore
import Testing

@testable import usher

@Suite("usher position")
struct PositionTests {
    private func standing(
        position: Int64?,
        floor: Int64 = 0,
        committed: Int64? = nil,
        first: Int64 = 10,
        end: Int64 = 25
    ) -> PartitionStanding {
        PartitionStanding(
            partition: TopicPartition(topic: "jobs", partition: 3),
            position: position,
            floor: floor,
            committed: committed,
            first: first,
            end: end
        )
    }

    private func plan(_ target: PositionChange.Target, _ standing: PartitionStanding, skips: Bool = false)
        -> PositionChange.Plan
    {
        PositionChange(target: target, maySkip: skips).plan(standing)
    }

    @Test("a partition whose next records are gone, or whose end is before its position, is not read on")
    func faults() {
        #expect(standing(position: 10).fault == nil)
        #expect(standing(position: 25).fault == nil)
        #expect(standing(position: nil).fault == nil)
        #expect(standing(position: 7).fault == .deleted(3))
        #expect(standing(position: 26).fault == .beyondEnd)
        #expect(standing(position: nil, committed: 7).fault == .deleted(3))
        #expect(standing(position: 12, committed: 7).fault == nil, "Kafka's is behind, and was accounted for")
    }

    @Test("what waits is counted from where reading begins, as far as Kafka still has it")
    func waiting() {
        #expect(standing(position: 20).waiting == 5)
        #expect(standing(position: 20, committed: 12).waiting == 13, "reading begins at the smaller of both")
        #expect(standing(position: 20, committed: 22).waiting == 5)
        #expect(standing(position: 20, floor: 18, committed: 12).waiting == 7, "and nowhere before an operator's")
        #expect(standing(position: 25, floor: 25, committed: 12).waiting == 0)
        #expect(standing(position: nil, committed: 12).waiting == 13)
        #expect(standing(position: nil).waiting == 15)
        #expect(standing(position: 7).waiting == 15)
        #expect(standing(position: 26).waiting == 0)
    }

    @Test("a position moves within what Kafka has, and over records only if that is meant")
    func plans() {
        #expect(plan(.first, standing(position: 7)) == .moves(from: 7, to: 10))
        #expect(plan(.offset(12), standing(position: 7)) == .skips(2))
        #expect(plan(.offset(12), standing(position: 7), skips: true) == .moves(from: 7, to: 12))
        #expect(plan(.first, standing(position: 5_000)) == .moves(from: 5_000, to: 10))
        #expect(plan(.end, standing(position: 5_000)) == .skips(15))
        #expect(plan(.end, standing(position: 20)) == .skips(5))
        #expect(plan(.end, standing(position: 25)) == .stays(at: 25))
        #expect(plan(.offset(12), standing(position: 20)) == .moves(from: 20, to: 12))
        #expect(plan(.offset(9), standing(position: 20)) == .outside)
        #expect(plan(.offset(26), standing(position: 20), skips: true) == .outside)
        #expect(plan(.first, standing(position: nil)) == .moves(from: nil, to: 10))
        #expect(plan(.offset(12), standing(position: nil)) == .skips(2))
    }

    @Test("a position that stands there already is put there where reading would begin before it")
    func putsWhereItStands() {
        #expect(plan(.end, standing(position: 25, committed: 12)) == .moves(from: 25, to: 25))
        #expect(plan(.end, standing(position: 25, floor: 25, committed: 12)) == .stays(at: 25))
        #expect(plan(.end, standing(position: 25, committed: 25)) == .stays(at: 25))
        #expect(plan(.offset(22), standing(position: 20, committed: 12)) == .skips(2), "not what was taken in")
    }

    @Test("it is told what workers do: take in nothing before it, or read again what was taken in")
    func report() {
        func text(_ before: Int64?, _ after: Int64, isChanged: Bool = true) -> String {
            PositionSetReport(
                partition: TopicPartition(topic: "jobs", partition: 3),
                before: before,
                after: after,
                isChanged: isChanged
            ).text
        }
        let none = "No record before it is taken in from now on."
        #expect(text(20, 25).hasPrefix("jobs[3] stands at 25 (it stood at 20). \(none)\nThe worker that has"))
        #expect(text(25, 25).hasPrefix("jobs[3] stands at 25 (as before). \(none)"))
        #expect(text(nil, 25).hasPrefix("jobs[3] stands at 25 (it had none). \(none)"))
        #expect(text(25, 20).contains("is read again; what was taken in is recognised.\nThe worker that has"))
        #expect(text(25, 25, isChanged: false) == "jobs[3] stands at 25 already: nothing was changed.")
    }

    @Test("an offset is a number, `first` or `end`")
    func targets() {
        #expect(PositionChange.Target("first") == .first)
        #expect(PositionChange.Target("end") == .end)
        #expect(PositionChange.Target("12") == .offset(12))
        #expect(PositionChange.Target("-1") == nil)
        #expect(PositionChange.Target("beginning") == nil)
    }

    @Test("the list says what is wrong, and the command that mends it")
    func list() {
        let well = PositionListReport(standings: [standing(position: 24, committed: 20)])
        #expect(
            well.lines(width: nil) == [
                "TOPIC  PARTITION  POSITION  KAFKA'S  FIRST  END  WAITING  WHAT IS WRONG",
                "jobs           3        24       20     10   25        5", "",
                "5 records wait on Kafka, in 1 partition",
            ]
        )
        #expect(well.isAllWell)
        let stopped = PositionListReport(standings: [standing(position: 9)])
        #expect(!stopped.isAllWell)
        #expect(
            stopped.lines(width: nil).dropFirst() == [
                "jobs           3         9     none     10   25       15  "
                    + "stopped: 1 record deleted before it was taken in",
                "", "15 records wait on Kafka, in 1 partition", "",
                "Once you know why, to read on with what Kafka still has:",
                "usher position set jobs 3 first --reason 'why'",
            ]
        )
        #expect(
            stopped.json == #"{"partitions":[{"topic":"jobs","partition":3,"position":9,"first":10,"end":25,"#
                + #""reads_from":10,"waiting":15,"stopped":"deleted"}]}"#
        )
    }

    @Test("a partition without a leader is listed in its place, beside what is known of the others")
    func leaderless() {
        func untold(_ partition: Int32, _ cause: UntoldPartition.Cause) -> UntoldPartition {
            UntoldPartition(
                partition: TopicPartition(topic: "jobs", partition: partition),
                position: 9,
                committed: nil,
                cause: cause
            )
        }
        let report = PositionListReport(
            standings: [standing(position: 24, committed: 20)],
            untold: [untold(1, .noLeader)]
        )
        #expect(!report.isAllWell)
        #expect(
            report.lines(width: nil) == [
                "TOPIC  PARTITION  POSITION  KAFKA'S  FIRST  END  WAITING  WHAT IS WRONG",
                "jobs           1         9     none      ?    ?        ?  "
                    + "unknown: it has no leader; bring its brokers back",
                "jobs           3        24       20     10   25        5", "",
                "5 records wait on Kafka, in 1 partition; in 1 partition more it is not known",
            ]
        )
        #expect(
            report.json.hasPrefix(
                #"{"partitions":[{"topic":"jobs","partition":1,"position":9,"unknown":"no_leader"},{"topic":"jobs","#
            )
        )
        let failed = UntoldPartition.Cause.failed(.kafka(code: "_TIMED_OUT", reason: "jobs[1]: late", isFatal: false))
        let blind = PositionListReport(standings: [], untold: [untold(1, failed)])
        #expect(blind.lines(width: nil).last == "what waits on Kafka is not known, in 1 partition")
        #expect(
            blind.json
                == #"{"partitions":[{"topic":"jobs","partition":1,"position":9,"unknown":"failed"}]}"#
        )
    }
}
