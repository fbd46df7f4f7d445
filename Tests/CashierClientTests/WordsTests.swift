import Cryptography
import SessionCore
import Testing

@testable import CashierClient

@Suite("URLs, texts and patterns")
struct WordsTests {
    @Test(
        "redirect URLs that lead where they seem to",
        arguments: [
            "https://pay.example.test/", "https://pay.example.test", "HTTPS://PAY.example.test/x",
            "https://pay.example.test:443/x", "https://pay.example.test?x=https://other.test/@", "https://[::1]/x",
            "https://pay.example.test/\u{E9}?q=\u{FC}", "https://pay.example.test/a%20b", "https://10.0.0.1/x",
            "https://pay.example.test/{a}|b", "https://xn--bcher-kva.example/",
        ]
    )
    func goodURL(_ url: String) {
        #expect(Sample.account().mayHandOn(url))
    }

    @Test(
        "redirect URLs that may lead elsewhere",
        arguments: [
            "", "pay.example.test", "//pay.example.test/", "/x", "http://pay.example.test/", "ftp://pay.example.test/",
            "javascript:alert(1)", "data:text/html,x", "https:pay.example.test", "https:/pay.example.test",
            "https://", "https:///x", "https://?x", "https://u@pay.example.test/", "https://u:p@pay.example.test/",
            "https://pay.example.test@evil.test/", "https://pay.example.test#@evil.test/",
            "https://pay.example.test/#f",
            "https://pay.example.test\\@evil.test/", "https:\\\\pay.example.test/", "https://pay.example.test/\\x",
            "https://pay.example.test/a b", " https://pay.example.test/", "https://pay.example.test/\n",
            "https://pay.example.test/\tx", "https://pay.example.test/\u{0}", "https://pay.example.test/\u{7F}",
            "https://pay..example.test/", "https://.example.test/", "https://pay.example.test./", "https://pay_x.test/",
            "https://p%61y.example.test/", "https://p\u{E4}y.example.test/", "https://\u{FF50}ay.example.test/",
            "https://pay.example.test:/", "https://pay.example.test:0/", "https://pay.example.test:65536/",
            "https://pay.example.test:+443/", "https://pay.example.test:443:443/", "https://[::1/x", "https://[]/x",
            "https://[fe80::1%25eth0]/", "https://[::1]x/", "https://pay.example.test/\"x",
            "https://pay.example.test/<x>",
            "https://127.0.0.1,evil.test/", "https://pay.example.test;evil.test/",
        ]
    )
    func badURL(_ url: String) {
        #expect(!Sample.account().mayHandOn(url))
    }

    @Test(
        "only the hosts that are named",
        arguments: [
            ("https://pay.example.test/", true), ("https://PAY.EXAMPLE.TEST:443/", true),
            ("https://pay.example.test:8443/", false), ("https://alt.example.test:8443/", true),
            ("https://alt.example.test/", false), ("https://x.pay.example.test/", false),
            ("https://pay.example.test.evil.test/", false), ("https://example.test/", false),
            ("https://evilpay.example.test/", false),
        ]
    )
    func hosts(_ url: String, _ isAllowed: Bool) {
        var account = Sample.account()
        account.redirectHosts = ["pay.example.test", "alt.example.test:8443"]
        #expect(account.mayHandOn(url) == isAllowed)
    }

    @Test(
        "what is this machine",
        arguments: [
            ("http://localhost/", true), ("http://127.0.0.1:1/", true), ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true), ("http://127.0.0.1.evil.test/", false), ("http://127.evil.test/", false),
            ("http://localhost.evil.test/", false), ("http://1270.0.1/", false), ("http://0.0.0.0/", false),
        ]
    )
    func loopback(_ url: String, _ isLoopback: Bool) {
        #expect(WebAddress(url)?.isLoopback == isLoopback)
    }

    @Test(
        "messages keep words and lose people",
        arguments: [
            ("Input validation failed", "Input validation failed"),
            ("must be at most 60 s old, code 1234", "must be at most 60 s old, code 1234"),
            ("field 'first_name' is too long", "field first_name is too long"),
            ("value 'Andrew Swift' is wrong", "value [redacted] is wrong"),
            ("value \"Andrew", "value [redacted]"),
            ("see https://pay.example.test/login?t=1 now", "see [redacted] now"),
            ("see HTTPS:\\/\\/pay.example.test\\/x", "see [redacted]"),
            ("mail andrew@example.test", "mail [redacted]"),
            ("card 4111 1111 1111 1111 refused", "card [redacted] refused"),
            ("phone +44-7700-900000", "phone +[redacted]"),
            ("phone (030) 12 34 56.", "phone ([redacted]."),
            ("token 87cfb23a8f1e68e162c276b754d9c061 gone", "token [redacted] gone"),
            ("customer M\u{FC}ller unknown", "customer [redacted] unknown"),
            ("line\r\nforged\u{1B}[31m", "line forged [31m"),
            ("can't do", "can't do"),
            ("", ""),
        ]
    )
    func redaction(_ text: String, _ expected: String) {
        #expect(String(decoding: Redaction.redact(Array(text.utf8)), as: UTF8.self) == expected)
    }

    @Test("messages are short, however long the text")
    func longText() {
        let reply = SampleReply.refused(400, String(repeating: "validation ", count: 1000))
        let answer = ReplyReader(
            account: Sample.account(),
            expectation: .open(SharedRequest(Sample.request())),
            now: Sample.markedAt
        ).classify(reply.reply)
        #expect(answer.message.utf8.count == 256)
    }

    @Test(
        "patterns match whole words in any order",
        arguments: [
            ("", "anything", true), ("version", "Version missing", true), ("version", "conversion", false),
            ("version", "version_2", false), ("version", "bad version.", true), ("a b", "b then a", true),
            ("a b", "a only", false), ("x | a", "an a", true), ("valid*", "Validation", true),
            ("valid*", "invalid", false), ("gt-authentication", "The GT-Authentication header", true),
            ("a", "", false),
        ]
    )
    func patterns(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(TextPattern(pattern).matches(Array(text.utf8)) == matches)
    }

    @Test("an account in order passes; each fault is named")
    func accounts() throws {
        try Sample.account().check()
        try Sample.account(endpoint: "http://localhost:9000/cashier/virtual-terminal").check()
        #expect(Sample.account().findOrderURL == "https://cashier.example.test/agent/find-order")
        #expect(Sample.account(endpoint: "https://gw.example.test/vt").findOrderURL == nil)
        // Look-ups are switched off for such an account.
        try Sample.account(endpoint: "https://gw.example.test/vt").check()
        let faults: [(String, (inout CashierAccount) -> Void)] = [
            ("endpoint", { $0.endpoint = "http://cashier.example.test/cashier/virtual-terminal" }),
            ("endpoint", { $0.endpoint = "https://u@cashier.example.test/x" }),
            ("endpoint", { $0.endpoint = "https://cashier.example.test/x?y" }),
            ("endpoint", { $0.endpoint = "" }),
            ("find_order_url", { $0.findOrderURL = "" }),
            ("find_order_url", { $0.findOrderURL = "http://cashier.example.test/x" }),
            ("merchant_id", { $0.merchantID = "" }),
            ("application_key", { $0.applicationKey = "" }),
            ("secret_files", { $0.secrets = [] }),
            ("secret_files", { $0.secrets.append(Secret("")) }),
            ("total_timeout", { $0.totalTimeout = .seconds(60) }),
            ("total_timeout", { $0.totalTimeout = .seconds(1) }),
            ("freshness", { $0.freshness = .zero }),
            ("customer_key", { $0.customerKey = "" }),
        ]
        for (setting, change) in faults {
            var account = Sample.account()
            change(&account)
            #expect(throws: CashierAccountError.self) { try account.check() }
            do throws(CashierAccountError) {
                try account.check()
            } catch {
                #expect(error.setting == setting)
                #expect(error.account == "demo")
            }
        }
    }

    @Test("nothing that can be printed shows a secret or a URL")
    func printing() {
        let account = Sample.account()
        var dumped = ""
        dump(account, to: &dumped)
        #expect(!(dumped + "\(account)" + String(reflecting: account)).contains(Sample.secret))
    }
}

extension CashierAccount {
    fileprivate func mayHandOn(_ url: String) -> Bool {
        var url = url
        return url.withUTF8 { (try? redirectURL($0).get()) != nil }
    }
}
