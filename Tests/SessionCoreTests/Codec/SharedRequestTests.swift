import SessionCore
import Testing

@Suite("Requests that are handed on")
struct SharedRequestTests {
    private let order = Order(account: "main", orderID: "o-17")

    private func job(agent: String = "Zo\u{EB}", variable2: String? = nil) -> Job {
        var request = SessionRequest(
            orderID: order.orderID,
            agentName: agent,
            intent: .withdrawal,
            currency: "JPY",
            cid: "c-1",
            locale: "en-GB",
            notificationURL: "https://crm.example.test/n",
            returnURL: "https://crm.example.test/r"
        )
        request.amount = 100
        request.variable2 = variable2
        return Job(order: order, request: request)
    }

    @Test("each field is found where it stands, and what is absent is nil", arguments: ["Zo\u{EB}", "A \"B\" \\"])
    func fields(_ agent: String) throws {
        let job = job(agent: agent, variable2: "two")
        let request = try #require(SharedRequest(in: JobCodec.canonicalBody(job), of: order))
        #expect(request.intent == .withdrawal)
        #expect(request.amount == 100)
        #expect(request.text(.orderID) == "o-17")
        #expect(request.text(.agentName) == agent)
        #expect(request.text(.cid) == "c-1")
        #expect(request.text(.currency) == "JPY")
        #expect(request.text(.variable1) == nil)
        #expect(request.text(.variable2) == "two")
        #expect(request.text(.variable3) == nil)
        #expect(request.value == job.request)
    }

    @Test("a body of another order or account is not this order's", arguments: ["Ada", "A \"B\""])
    func otherOrder(_ agent: String) {
        let body = JobCodec.canonicalBody(job(agent: agent))
        #expect(SharedRequest(in: body, of: order) != nil)
        #expect(SharedRequest(in: body, of: Order(account: "main", orderID: "o-1")) == nil)
        #expect(SharedRequest(in: body, of: Order(account: "other", orderID: "o-17")) == nil)
    }

    @Test("what is no canonical body is no request")
    func otherBytes() {
        let body = JobCodec.canonicalBody(job())
        #expect(SharedRequest(in: [], of: order) == nil)
        #expect(SharedRequest(in: Array("{}".utf8), of: order) == nil)
        #expect(SharedRequest(in: body + [0x20], of: order) == nil)
        #expect(SharedRequest(in: Array(body.dropLast()), of: order) == nil)
    }

    @Test("the members are the body's own bytes, the variables apart")
    func members() throws {
        let body = JobCodec.canonicalBody(job(variable2: "two"))
        let request = try #require(SharedRequest(in: body, of: order))
        let texts = request.withMembers { members, variables in
            [members, variables].map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(
            texts == [
                #""agent_name":"Zo\#u{EB}","intent":"withdrawal","currency":"JPY","amount":100,"cid":"c-1","#
                    + #""locale":"en-GB","notification_url":"https://crm.example.test/n","#
                    + #""return_url":"https://crm.example.test/r""#,
                #""variable2":"two""#,
            ]
        )
        #expect(SharedRequest(job: job()).withMembers { $1.isEmpty } == true)
        #expect(SharedRequest(job: job(agent: "\"")).withMembers { _, _ in true } == nil)
    }
}
