extension Timestamp {
    /// The moment as RFC 3339 in UTC, with milliseconds: `2026-11-21T12:00:00.000Z`.
    package var rfc3339: String {
        String(unsafeUninitializedCapacity: Self.rfc3339BytesMax) { text in
            guard let start = text.baseAddress else { return 0 }
            return writeRFC3339(to: start, digits: 3)
        }
    }

    /// What `writeRFC3339` needs for any moment: the year may have a sign and six digits.
    static let rfc3339BytesMax = 40

    /// Writes the moment as RFC 3339 in UTC, cut to `digits` digits of a second (1 to 6). Returns how many bytes it
    /// wrote.
    func writeRFC3339(to text: UnsafeMutablePointer<UInt8>, digits: Int) -> Int {
        let (days, time) = floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = civilDate(daysSinceEpoch: days)
        let second = time / 1_000_000
        var fraction = time % 1_000_000
        for _ in digits..<6 { fraction /= 10 }
        var writer = DateWriter(next: text)
        writer.year(year)
        writer.byte("-")
        writer.number(month, digits: 2)
        writer.byte("-")
        writer.number(day, digits: 2)
        writer.byte("T")
        writer.number(second / 3_600, digits: 2)
        writer.byte(":")
        writer.number(second / 60 % 60, digits: 2)
        writer.byte(":")
        writer.number(second % 60, digits: 2)
        writer.byte(".")
        writer.number(fraction, digits: digits)
        writer.byte("Z")
        return writer.next - text
    }

    /// Whether `writeRFC3339` writes just this.
    func isWritten(_ text: UnsafeBufferPointer<UInt8>, digits: Int) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.rfc3339BytesMax) { buffer in
            guard let start = buffer.baseAddress else { return false }
            let length = writeRFC3339(to: start, digits: digits)
            return ByteWords.areEqual(UnsafeBufferPointer(rebasing: buffer[..<length]), text)
        }
    }

    /// Reads RFC 3339 with `Z` or a numeric offset and up to six fraction digits; nil for anything else.
    package init?(rfc3339 text: String) {
        var text = text
        guard let moment = text.withUTF8({ Timestamp(rfc3339: $0) }) else { return nil }
        self = moment
    }

    init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        var reader = DateReader(bytes: text)
        guard let moment = reader.read() else { return nil }
        self = moment
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// Writes from left to right. Whoever uses it has made room.
private struct DateWriter {
    var next: UnsafeMutablePointer<UInt8>

    mutating func byte(_ character: Unicode.Scalar) {
        next.pointee = UInt8(ascii: character)
        next += 1
    }

    /// A number that has at most so many digits, with zeros before it.
    mutating func number(_ value: Int64, digits: Int) {
        var rest = value
        for place in stride(from: digits - 1, through: 0, by: -1) {
            next[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        next += digits
    }

    /// Four digits, or what a year outside 0 to 9999 takes.
    mutating func year(_ year: Int64) {
        if 0...9999 ~= year { return number(year, digits: 4) }
        let digits = String(year)
        for _ in digits.utf8.count..<max(4, digits.utf8.count) { byte("0") }
        for digit in digits.unicodeScalars { byte(digit) }
    }
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
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
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
        for offset in index..<index + digits {
            let byte = bytes[offset]
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
