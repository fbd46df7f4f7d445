extension Timestamp {
    /// The moment as RFC 3339 in UTC, with milliseconds: `2026-11-21T12:00:00.000Z`.
    package var rfc3339: String {
        let (days, time) = floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = civilDate(daysSinceEpoch: days)
        let milliseconds = time / 1_000
        let clock = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1_000 % 60].map(twoDigits)
        let fraction = padded(milliseconds % 1_000, to: 3)
        return "\(padded(year, to: 4))-\(twoDigits(month))-\(twoDigits(day))T"
            + "\(clock[0]):\(clock[1]):\(clock[2]).\(fraction)Z"
    }

    /// Reads RFC 3339 with `Z` or a numeric offset and up to six fraction digits; nil for anything else.
    package init?(rfc3339 text: some Collection<UInt8>) {
        var reader = DateReader(bytes: Array(text))
        guard let moment = reader.read() else { return nil }
        self = moment
    }

    package init?(rfc3339 text: String) {
        self.init(rfc3339: Array(text.utf8))
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

private func padded(_ value: Int64, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

private func twoDigits(_ value: Int64) -> String {
    padded(value, to: 2)
}

/// The proleptic Gregorian date of a day number, by counting in eras of 400 years that begin on 1 March.
private func civilDate(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(shiftedYear, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// Reads one RFC 3339 moment from left to right.
private struct DateReader {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() -> Timestamp? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            take("T") || take("t"),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60,
            let fraction = fractionMicroseconds(), let offset = offsetMinutes(), index == bytes.count
        else { return nil }
        let days = daysSinceEpoch(year: year, month: month, day: day)
        let back = civilDate(daysSinceEpoch: days)
        guard back.month == month, back.day == day else { return nil }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
        return Timestamp(microseconds: seconds * 1_000_000 + fraction)
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard index + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[index..<index + digits] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        index += digits
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
        index += 1
        return true
    }

    private mutating func fractionMicroseconds() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0
        var digits = 0
        while digits < 6, let digit = number(1) {
            value = value * 10 + digit
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in digits..<6 { value *= 10 }
        return value
    }

    private mutating func offsetMinutes() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
