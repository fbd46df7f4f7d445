import SessionCore
import Testing

@Suite struct CallbackURLTests {
    @Test(arguments: [
        ("https://crm.example.test/notify", "crm.example.test"),
        ("https://CRM.Example.TEST/Notify?a=b@c:d", "crm.example.test"),
        ("https://crm.example.test", "crm.example.test"),
        ("https://crm.example.test?x=1", "crm.example.test"),
        ("https://crm.example.test:443/", "crm.example.test"),
        ("https://crm.example.test:8443/", "crm.example.test:8443"),
        ("http://localhost:80/", "localhost"),
        ("https://xn--e1awd7f.test/", "xn--e1awd7f.test"),
        ("https://a-b.c1.test/%20", "a-b.c1.test"),
        ("https://10.0.0.1/", "10.0.0.1"),
        ("https://[::ffff:127.0.0.1]:8443/", "[::ffff:127.0.0.1]:8443"),
    ])
    func readsWhereAURLLeads(_ text: String, _ authority: String) throws {
        #expect(try CallbackURL(text.utf8, isOpaque: false).authority == authority)
    }

    @Test(
        arguments: [
            ("http//crm.example.test", .scheme), ("ftp://crm.example.test/", .scheme), ("//crm.example.test/", .scheme),
            ("HTTPS://crm.example.test/", .scheme), ("javascript:alert(1)", .scheme), ("", .scheme),
            ("https:/x", .scheme),
            (" https://crm.example.test/", .scheme),
            ("https://", .host), ("https:///path", .host), ("https://?x", .host), ("https://crm.example.test./", .host),
            ("https://.example.test/", .host), ("https://a..b/", .host), ("https://-a.test/", .host),
            ("https://a_b.test/", .host), ("https://a%2eb.test/", .host), ("https://{{host}}/", .host),
            ("https://\u{430}pple.test/", .host), ("https://crm\u{3002}test/", .host), ("https://[::1/", .host),
            ("https://[gg::1]/", .host), ("https://2130706433/", .host), ("https://0x7f000001/", .host),
            ("https://0177.0.0.1/", .host), ("https://127.1/", .host), ("https://0x7f.1/", .host),
            ("https://256.0.0.1/", .host), ("https://1.2.3.4.5/", .host), ("https://a b.test/", .host),
            ("https://user@crm.example.test/", .userInfo), ("https://user:pw@crm.example.test/", .userInfo),
            ("https://crm.example.test@evil.test/", .userInfo),
            ("https://crm.example.test:/", .port), ("https://crm.example.test:0/", .port),
            ("https://crm.example.test:0443/", .port), ("https://crm.example.test:65536/", .port),
            ("https://crm.example.test:+443/", .port), ("https://crm.example.test:443:444/", .port),
            ("https://crm.example.test:x/", .port),
            ("https://crm.example.test#@evil.test/", .fragment), ("https://crm.example.test/a#b", .fragment),
            ("https://evil.test\\@crm.example.test/", .character), ("https://crm.example.test/\t", .character),
            ("https://crm.example.test/\nHost: x", .character), ("https://crm.example.test/ x", .character),
            ("https://crm.example.test/\u{E9}", .character), ("https://crm.example.test/\u{7F}", .character),
            ("ht\ttps://crm.example.test/", .character),
        ] as [(String, CallbackURL.Fault)]
    )
    func refusesWhatParsersReadDifferently(_ text: String, _ fault: CallbackURL.Fault) {
        #expect(throws: fault) { try CallbackURL(text.utf8, isOpaque: false) }
    }

    @Test func opaqueURLsKeepPlaceholdersAndTheirLikes() throws {
        for rest in ["/?s={{transaction.status}}", "?{{a b}}", "/#/done", "/%C3%A9%7B%zz", "/a b", "/{a}[b]|^`"] {
            #expect(try CallbackURL("https://crm.example.test\(rest)".utf8, isOpaque: true).host == "crm.example.test")
        }
        for (rest, fault) in [
            ("/\n", .character), ("/\\", .character), ("/\u{E9}", .character), ("?{{\u{E9}}}", .character),
            ("#x", .fragment), ("@evil.test/", .userInfo),
        ]
            as [(String, CallbackURL.Fault)]
        {
            #expect(throws: fault) { try CallbackURL("https://crm.example.test\(rest)".utf8, isOpaque: true) }
        }
    }

    @Test func loopbackIsRecognised() throws {
        for text in ["http://localhost:9/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]:9/"] {
            #expect(try CallbackURL(text.utf8, isOpaque: false).isLoopback)
        }
        for text in ["http://localhost.evil.test/", "http://127.evil.test/", "http://10.0.0.1/"] {
            #expect(try !CallbackURL(text.utf8, isOpaque: false).isLoopback)
        }
    }
}

/// URLs in jobs, under an account's rules.
@Suite struct JobURLTests {
    private func verdict(_ name: String, _ url: String, _ change: (inout AccountRules) -> Void = { _ in })
        -> RefusalReason?
    {
        var rules = JobSample.rules
        change(&rules.accounts["demo", default: AccountRules(merchantID: "", applicationKey: "")])
        return JobSample.refusal(JobSample.text([name: "\"\(url)\""]), codec: JobCodec(rules: rules))?.reason
    }

    @Test(
        arguments: [
            ("https://crm.example.test/x", nil), ("https://CRM.example.test:443/x", nil),
            ("https://crm.example.test:8443/x", nil), ("https://crm.example.test:9443/x", .host),
            ("https://crm.example.test.evil.test/", .host), ("https://evil.test/crm.example.test", .host),
            ("https://xn--crm-example.test/", .host), ("https://10.0.0.1/", .host),
            ("http://crm.example.test/x", .url), ("https://u:p@crm.example.test/", .url),
            ("https://crm.example.test/\\u0009", .url),
        ] as [(String, RefusalReason?)]
    )
    func hostsMustBeListedExactly(_ url: String, _ reason: RefusalReason?) {
        #expect(verdict("notification_url", url) == reason)
    }

    @Test func eachKindHasItsOwnList() {
        #expect(verdict("return_url", "https://elsewhere.test/") == nil)
        #expect(verdict("return_url", "https://elsewhere.test/") { $0.returnHosts = ["crm.example.test"] } == .host)
        #expect(verdict("validation_url", "https://elsewhere.test/") { $0.validationHosts = [] } == .host)
    }

    @Test func addressesAndPlainHTTPNeedPermission() {
        #expect(verdict("return_url", "https://10.0.0.1/") == .host)
        #expect(verdict("return_url", "https://10.0.0.1/") { $0.areIPHostsAllowed = true } == nil)
        #expect(verdict("return_url", "http://127.0.0.1:8080/") == .url)
        #expect(verdict("return_url", "http://127.0.0.1:8080/") { $0.isLoopbackHTTPAllowed = true } == nil)
        #expect(verdict("return_url", "http://10.0.0.1/") { $0.isLoopbackHTTPAllowed = true } == .url)
    }

    @Test func lengthIsLimited() {
        let base = "https://crm.example.test/"
        #expect(verdict("return_url", base + String(repeating: "x", count: 256 - base.utf8.count)) == nil)
        #expect(verdict("return_url", base + String(repeating: "x", count: 257 - base.utf8.count)) == .length)
        #expect(verdict("return_url", base + String(repeating: "x", count: 8_192)) == .length)
    }

    @Test func theReturnURLIsKeptAsItCame() throws {
        let url = "https://CRM.example.test/done?amount={{transaction.amount}}&x=%7B%c3%A9&&{{ a }}?#{b}"
        #expect(try JobSample.decode(JobSample.text(["return_url": "\"\(url)\""])).request.returnURL == url)
    }
}
