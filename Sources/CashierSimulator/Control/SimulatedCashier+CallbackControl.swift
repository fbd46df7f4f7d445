import HTTPServer
import SessionCore

/// `/_control/personality` and `/_control/callbacks`.
extension SimulatedCashier {
    // MARK: Personality

    func personalityText() -> [UInt8] {
        let personality = configuration.personality
        var json = JSONBuilder()
        json.beginObject()
        json.beginObject("switches")
        for found in PersonalitySwitch.all { json.add(named: found.name, found.write(personality)) }
        json.endObject()
        json.add("differences", personality.differences)
        json.beginArray("presets")
        for preset in Preset.all { json.element(preset.name) }
        json.endArray()
        json.endObject()
        json.endLine()
        return json.bytes
    }

    /// `POST /_control/personality`: presets and switches, which change what they name.
    mutating func setPersonality(_ request: HTTPRequest) -> HTTPAnswer {
        guard let text = String(validating: request.body, as: UTF8.self) else {
            return Self.wrong("the body is presets and switches, for example idempotent,clock-tolerance=5s")
        }
        do {
            var personality = configuration.personality
            try personality.change(by: text)
            change(.personality(personality))
            return Self.json(personalityText())
        } catch {
            return Self.wrong(error.description)
        }
    }

    // MARK: Callbacks

    mutating func postCallbacks(_ request: HTTPRequest) -> HTTPAnswer {
        do {
            let ids = try queueCallbacks(request.body)
            var json = JSONBuilder()
            json.beginObject()
            json.beginArray("callbacks")
            for id in ids { json.element(id) }
            json.endArray()
            json.endObject()
            json.endLine()
            var answer = Self.json(json.bytes)
            answer.status = 202
            return answer
        } catch {
            return Self.wrong(error.reason)
        }
    }

    /// `GET /_control/callbacks`: one JSON object a line; `?order=ID` those of one order, `?id=N` one with its bytes.
    func listCallbacks(_ request: HTTPRequest) -> HTTPAnswer {
        var records = callbacks.records
        var hasBytes = false
        if let text = request.parameter("id") {
            guard let id = Int(text), callbacks.holds(id) else { return Self.wrong("there is no callback \(text)") }
            records = [callbacks[id]]
            hasBytes = true
        }
        if let order = request.parameter("order") { records = records.filter { $0.spec.order == order } }
        if let text = request.parameter("from") {
            guard let from = Int(text), from >= 0 else { return Self.wrong("from is a whole number of at least 0") }
            records = records.filter { $0.id > from }
        }
        var json = JSONBuilder()
        for record in records {
            write(record, hasBytes: hasBytes, &json)
            json.endLine()
        }
        let type = HTTPHeader(name: "Content-Type", value: "application/x-ndjson")
        return HTTPAnswer(status: 200, headers: [type], body: json.bytes)
    }

    private func write(_ record: CallbackRecord, hasBytes: Bool, _ json: inout JSONBuilder) {
        json.beginObject()
        json.add("id", record.id)
        json.add("kind", record.spec.kind.rawValue)
        json.add("order", record.spec.order)
        json.add("status", record.spec.status)
        json.add("tid", digits: record.tid.map { String($0) })
        json.add("forge", record.spec.forgery?.rawValue)
        json.add("replay", digits: record.spec.replay.map { String($0) })
        json.add("attempts", record.attempts)
        json.add("sent_at", record.attempts > 0 ? Timestamp(microseconds: record.sentAt).rfc3339 : nil)
        json.add("waiting", record.isWaiting)
        json.add("outcome", record.verdict?.outcome.rawValue)
        if let verdict = record.verdict { write(verdict, of: record, &json) }
        if hasBytes, let post = record.post {
            json.add("url", post.url)
            json.add("signature", post.signature)
            json.add("body", String(decoding: post.body, as: UTF8.self))
        }
        json.endObject()
    }

    private func write(_ verdict: CallbackVerdict, of record: CallbackRecord, _ json: inout JSONBuilder) {
        if record.spec.kind == .validation { json.add("payment", verdict.letsPay ? "allowed" : "blocked") }
        json.add("http_status", digits: verdict.httpStatus.map { String($0) })
        json.add("answer_status", digits: verdict.status.map { String($0) })
        json.add("answer_description", verdict.text)
        json.add("gt_authentication", verdict.gtAuthentication.rawValue)
        json.add("external_request_signature", verdict.externalSignature.rawValue)
        json.add("reason", verdict.reason)
    }

    /// By outcome, and those that are still to be sent.
    func writeCallbackCounts(_ json: inout JSONBuilder) {
        var counts: [String: Int] = [:]
        for record in callbacks.records {
            if record.isWaiting { counts["waiting", default: 0] += 1 }
            if let verdict = record.verdict { counts[verdict.outcome.rawValue, default: 0] += 1 }
        }
        json.beginObject("callbacks")
        json.add("total", callbacks.records.count)
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { json.add(named: name, count) }
        json.endObject()
    }
}
