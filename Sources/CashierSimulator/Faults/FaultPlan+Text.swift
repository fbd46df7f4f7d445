import HTTPServer

/// A fault plan that cannot be read. `item` is the part of the text that is wrong, `reason` what to write instead.
package struct FaultPlanError: Error, Equatable, CustomStringConvertible {
    package var item: String
    package var reason: String

    package var description: String { "fault plan, item “\(item)”: \(reason)" }
}

extension FaultPlan: CustomStringConvertible {
    /// Reads `NAME=SHARE%[@TIME]` items, `latency=…`, `only=open|lookup` and `opened_half`, parted by commas. An empty
    /// text is a plan without faults.
    package init(parsing text: String) throws(FaultPlanError) {
        self.init()
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let item = String(part.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
            guard !item.isEmpty else { continue }
            try add(item)
        }
        let sum = items.reduce(0) { $0 + $1.partsPerMillion }
        guard sum <= 1_000_000 else {
            throw FaultPlanError(item: text, reason: "the shares add up to more than 100 %")
        }
    }

    private mutating func add(_ item: String) throws(FaultPlanError) {
        if item == "opened_half" {
            isOpenedHalf = true
            return
        }
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw FaultPlanError(item: item, reason: "write NAME=SHARE%, for example 503=5%")
        }
        switch parts[0] {
        case "latency":
            guard latency == nil else { throw FaultPlanError(item: item, reason: "latency is there twice") }
            latency = try Self.latency(parts[1], item: item)
        case "only":
            guard let scope = Scope(rawValue: parts[1]) else {
                throw FaultPlanError(item: item, reason: "write only=open, only=lookup or only=all")
            }
            self.scope = scope
        default:
            let new = try Self.item(named: parts[0], value: parts[1], item: item)
            guard !items.contains(where: { $0.fault.name == new.fault.name }) else {
                throw FaultPlanError(item: item, reason: "\(parts[0]) is there twice")
            }
            items.append(new)
        }
    }

    private static func item(named name: String, value: String, item: String) throws(FaultPlanError) -> Item {
        let parts = value.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let share = partsPerMillion(parts[0]) else {
            throw FaultPlanError(item: item, reason: "the share is a number from 0 to 100 with %, for example 0.5%")
        }
        var time: Duration?
        // A limit or an outage whose end nobody tells.
        if parts.count == 2, parts[1] == "none", name == "429" || name == "503" {
            return Item(.http(name == "429" ? 429 : 503, retryAfter: nil), partsPerMillion: share)
        }
        if parts.count == 2 {
            guard let duration = duration(parts[1]) else { throw FaultPlanError(item: item, reason: timeAdvice) }
            time = duration
        }
        guard let fault = fault(named: name, time: time) else {
            throw FaultPlanError(item: item, reason: "no fault is called \(name); known are \(knownNames)")
        }
        guard time == nil || fault.takesTime else {
            throw FaultPlanError(item: item, reason: "\(name) takes no time after @")
        }
        if case .http(429, let wait?) = fault, wait.nanoseconds % 1_000_000_000 != 0 {
            throw FaultPlanError(item: item, reason: "Retry-After counts whole seconds, for example 429=1%@2s")
        }
        return Item(fault, partsPerMillion: share)
    }

    private static let timeAdvice = "a time is a number with ms, s or m, at most 60m, for example 200ms"
    private static let knownNames =
        "408, 425, 429, 500 to 599, any other code of the error table (-1, 333, 400, 401, 403, 406, 999, …), hang, "
        + "reset, reset_before, reset_after, close, half, late, held, slow, bad_signature, no_signature, wrong_echo, "
        + "stale, huge, html, redirect, empty, empty_503, broken_json, no_url, twice; and latency, only, opened_half"

    private static func fault(named name: String, time: Duration?) -> Fault? {
        switch name {
        case "hang": .hang
        case "reset": .reset
        case "reset_before": .resetBefore
        case "reset_after": .resetAfter
        case "close": .close
        case "half": .half
        case "late": .late(time ?? .seconds(8))
        case "held": .held(time ?? .seconds(8))
        case "slow": .slow(time ?? .seconds(5))
        case "bad_signature": .badSignature
        case "no_signature": .noSignature
        case "wrong_echo": .wrongEcho
        case "stale": .stale
        case "huge": .huge
        case "html": .html
        case "redirect": .redirect
        case "empty": .empty
        case "empty_503": .emptyUnavailable
        case "broken_json": .brokenJSON
        case "no_url": .noURL
        case "twice": .twice
        default: numbered(name, time: time)
        }
    }

    private static func numbered(_ name: String, time: Duration?) -> Fault? {
        guard let number = Int(name), String(number) == name, (-999...999).contains(number), number != 0 else {
            return nil
        }
        switch number {
        case 429: return .http(429, retryAfter: time ?? .seconds(1))
        case 503: return .http(503, retryAfter: time)
        case 408, 425, 500...599: return .http(number, retryAfter: nil)
        default: return .code(number)
        }
    }

    private static func latency(_ text: String, item: String) throws(FaultPlanError) -> Latency {
        if let fixed = duration(text) { return .fixed(fixed) }
        if text.hasPrefix("p") { return .percentiles(try percentiles(text, item: item)) }
        let bounds = text.split(separator: ".", omittingEmptySubsequences: false)
        // `50ms..1.5s` has dots inside its numbers too: the empty piece is between the two dots of the range.
        if let gap = bounds.firstIndex(where: { $0.isEmpty }),
            let low = duration(bounds[..<gap].joined(separator: ".")),
            let high = duration(bounds[(gap + 1)...].joined(separator: ".")), low <= high
        {
            return .range(low, high)
        }
        throw FaultPlanError(
            item: item,
            reason: "write a time (200ms), a range (50ms..400ms) or percentiles (p50:80ms/p99:900ms)"
        )
    }

    private static func percentiles(_ text: String, item: String) throws(FaultPlanError) -> [Latency.Percentile] {
        var percentiles: [Latency.Percentile] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            let pair = part.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
            guard part.first == "p", pair.count == 2, let percent = Int(pair[0]), (1...100).contains(percent),
                let duration = duration(String(pair[1])),
                percentiles.last.map({ $0.percent < percent && $0.duration <= duration }) ?? true
            else {
                throw FaultPlanError(item: item, reason: "percentiles rise, for example p50:80ms/p99:900ms")
            }
            percentiles.append(Latency.Percentile(percent: percent, duration: duration))
        }
        return percentiles
    }

    // MARK: Writing

    /// The text that reads back as this plan.
    package var description: String {
        var parts = items.map { item in
            let isLimitWithoutEnd = item.fault == .http(429, retryAfter: nil)
            let time = item.fault.time.map { "@\(timeText($0))" } ?? (isLimitWithoutEnd ? "@none" : "")
            return "\(item.fault.name)=\(decimalText(item.partsPerMillion, places: 4))%\(time)"
        }
        switch latency {
        case .fixed(let duration): parts.append("latency=\(timeText(duration))")
        case .range(let low, let high): parts.append("latency=\(timeText(low))..\(timeText(high))")
        case .percentiles(let percentiles):
            let points = percentiles.map { "p\($0.percent):\(timeText($0.duration))" }
            parts.append("latency=\(points.joined(separator: "/"))")
        case nil: break
        }
        if scope != .all { parts.append("only=\(scope.rawValue)") }
        if isOpenedHalf { parts.append("opened_half") }
        return parts.joined(separator: ",")
    }
}

extension Fault {
    /// The time that is written after `@`.
    fileprivate var time: Duration? {
        switch self {
        case .http(_, let retryAfter): retryAfter
        case .late(let duration), .held(let duration), .slow(let duration): duration
        case .code, .hang, .reset, .resetBefore, .resetAfter, .close, .half, .badSignature, .noSignature, .wrongEcho,
            .stale, .huge, .html, .redirect, .empty, .emptyUnavailable, .brokenJSON, .noURL, .twice:
            nil
        }
    }

    fileprivate var takesTime: Bool { time != nil }
}

/// `5%` and `0.0125%` in parts per million; nil beyond 100 % or with more than four places.
private func partsPerMillion(_ text: String) -> Int? {
    guard text.last == "%" else { return nil }
    return scaled(text.dropLast(), places: 4, max: 1_000_000)
}

/// `200ms`, `1.5s`, `2m`, `1h`; at most an hour.
func duration(_ text: String) -> Duration? {
    let unit: (suffix: Int, microseconds: Int)
    if text.hasSuffix("ms") {
        unit = (2, 1_000)
    } else if text.hasSuffix("s") {
        unit = (1, 1_000_000)
    } else if text.hasSuffix("m") {
        unit = (1, 60_000_000)
    } else if text.hasSuffix("h") {
        unit = (1, 3_600_000_000)
    } else {
        return nil
    }
    guard let thousandths = scaled(text.dropLast(unit.suffix), places: 3, max: 3_600_000_000) else { return nil }
    let product = thousandths.multipliedReportingOverflow(by: unit.microseconds)
    guard !product.overflow, product.partialValue <= 3_600_000_000_000 else { return nil }
    return .microseconds(product.partialValue / 1_000)
}

/// A decimal number times ten to the power `places`.
private func scaled(_ text: Substring, places: Int, max: Int) -> Int? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...9).contains(parts[0].count) else { return nil }
    var digits = Array(parts[0])
    let fraction = parts.count == 2 ? Array(parts[1]) : []
    guard parts.count == 1 || (1...places).contains(fraction.count) else { return nil }
    digits += fraction + [UInt8](repeating: 0x30, count: places - fraction.count)
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return value <= max ? value : nil
}

/// The inverse of `scaled`, without needless zeros.
private func decimalText(_ value: Int, places: Int) -> String {
    let scale = (0..<places).reduce(1) { product, _ in product * 10 }
    var fraction = String(value % scale)
    fraction = String(repeating: "0", count: places - fraction.utf8.count) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(value / scale)" : "\(value / scale).\(fraction)"
}

/// The inverse of `duration`.
func timeText(_ duration: Duration) -> String {
    let microseconds = Int(duration.nanoseconds / 1_000)
    return microseconds % 1_000_000 == 0
        ? "\(microseconds / 1_000_000)s" : "\(decimalText(microseconds, places: 3))ms"
}
