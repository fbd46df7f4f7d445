import Terminal
import Testing

@testable import usher

/// Who acts, as the audit names it.
@Suite struct OperatorNameTests {
    private func name(
        login: String? = nil,
        sudoer: String? = nil,
        user: String = "usher",
        claim: String? = nil,
        host: String = "desk"
    ) -> String {
        OperatorName(login: login, sudoer: sudoer, user: user, claim: claim, host: host).text
    }

    @Test func itIsThePersonWhoLoggedInWhoeverTheProgramRunsAs() {
        #expect(name(login: "anna", user: "anna") == "anna@desk")
        #expect(name(login: "anna") == "anna as usher@desk")
        #expect(name(login: "anna", sudoer: "ben") == "anna as usher@desk", "the environment can be written by anybody")
    }

    @Test func withoutALoginItIsWhoeverCalledSudo() {
        #expect(name(sudoer: "anna") == "anna as usher@desk")
        #expect(name(sudoer: "usher") == "usher@desk")
        #expect(name() == "usher@desk")
    }

    @Test func whatSomebodySaysIsAClaimBesideWhatIsKnown() {
        #expect(name(user: "uid-10001", claim: "anna", host: "pod") == "says anna, uid-10001@pod")
        #expect(name(login: "ben", claim: "anna") == "says anna, ben as usher@desk")
        #expect(name(login: "anna", claim: "anna") == "anna as usher@desk", "nothing is added to what is known")
    }

    @Test func onlyTheEndIsCutOfWhatIsTooLong() {
        let person = String(repeating: "ä", count: OperatorName.partMax / 2)
        let claim = String(repeating: "c", count: OperatorName.partMax)
        let long = name(login: person, claim: claim, host: String(repeating: "h", count: 64))
        #expect(long.utf8.count == OperatorName.bytesMax)
        #expect(long.hasPrefix("says \(claim), \(person) as usher@h"))
        let wide = name(login: claim, user: person, claim: String(repeating: "x", count: 40))
        #expect(wide.utf8.count == OperatorName.bytesMax - 1 && wide.hasSuffix(" as ääääääääääääää"), "whole letters")
    }

    static let names: [(String, Bool)] = [
        ("anna", true), ("Zoë Müller", true), ("anna@crm.example.test", true), ("", false), (" anna", false),
        ("anna ", false), ("anna, root@desk", false), ("anna\u{1B}[2K", false), ("anna\n", false),
        ("anna\u{202E}", false), ("anna\u{2028}", false), (String(repeating: "a", count: 48), true),
        (String(repeating: "a", count: 49), false),
    ]

    @Test(arguments: names)
    func aNameCannotPassForMoreThanOne(_ text: String, _ isName: Bool) {
        #expect(OperatorName.isName(text) == isName)
    }

    static let loginIDs: [(String, UInt32?)] = [
        ("1000", 1_000), ("0", 0), ("1000\n", 1_000), ("4294967295", nil), ("", nil), ("-1", nil),
    ]

    @Test(arguments: loginIDs)
    func theKernelSaysWhetherAnybodyLoggedIn(_ content: String, _ expected: UInt32?) {
        #expect(OperatorName.loginID(content) == expected)
    }

    @Test func anActCarriesTheClaimOfItsCommandLine() throws {
        let words = ["account", "hold", "main", "--reason", "fraud"]
        let act = try Operator.act(Typed.invocation(words + ["--as", "nobody in particular"]))
        #expect(act.actor.hasPrefix("says nobody in particular, ") && act.reason == "fraud")
        #expect(throws: UsageError.self) { try Operator.act(Typed.invocation(words + ["--as", "a,b"])) }
        #expect(throws: UsageError.self) { try Operator.revealing(Typed.invocation(["results", "--as", "anna"])) }
    }
}
