/// Reads a canonical body from left to right, each field where `JobCodec.canonicalBody` writes it.
///
/// It takes only what is the writer's own spelling byte for byte: the names in their order, texts without anything that
/// is escaped, numbers and moments as they are written. What it has read to the end is therefore canonical. Whatever
/// else comes, escapes too, it leaves to the reader that takes all JSON and compares afterwards.
struct CanonicalText {
    private let text: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var isCommaDue = false
    /// Set by the first thing that does not stand where it should, or that this reader does not take.
    private var isOther = false

    private init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// Reads a canonical body into `draft`; false if another reader must look at it.
    static func read(_ text: UnsafeBufferPointer<UInt8>, into draft: inout JobDraft) -> Bool {
        guard text.count <= JSONLimits.job.size else { return false }
        var reader = CanonicalText(text)
        reader.take("{")
        for id in JobFields.topLevel { reader.readMember(id, into: &draft) }
        reader.take("}")
        return !reader.isOther && reader.index == text.count
    }

    @inline(__always)
    private mutating func readMember(_ id: JobFieldID, into draft: inout JobDraft) {
        guard takeKey(JobFields.spelling(of: id)) else { return }
        switch id {
        case .merchantID, .applicationKey: isOther = true
        case .customerData: readCustomerData(into: &draft)
        case .amount, .balance: draft.setInteger(id, integer())
        case .notBefore, .notAfter:
            let moment = readText(id, into: &draft)
            if !isMoment(moment) { isOther = true }
        case _: readText(id, into: &draft)
        }
    }

    private mutating func readCustomerData(into draft: inout JobDraft) {
        draft.hasCustomerData = true
        take("{")
        isCommaDue = false
        for id in JobFields.customer where takeKey(JobFields.spelling(of: id)) {
            if id == .profile { draft.setInteger(id, integer()) } else { readText(id, into: &draft) }
        }
        take("}")
        isCommaDue = true
    }

    // MARK: Members

    private mutating func take(_ character: Unicode.Scalar) {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return isOther = true }
        index += 1
    }

    /// Goes past the key and its colon if they are next; else nothing happens.
    private mutating func takeKey(_ name: StaticString) -> Bool {
        let start = index + (isCommaDue ? 1 : 0)
        let end = start + 1 + name.utf8CodeUnitCount
        guard end + 2 <= text.count, !isCommaDue || text[index] == UInt8(ascii: ","),
            text[start] == UInt8(ascii: "\""), text[end] == UInt8(ascii: "\""), text[end + 1] == UInt8(ascii: ":")
        else { return false }
        let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard ByteWords.areEqual(UnsafeBufferPointer(rebasing: text[(start + 1)..<end]), expected) else { return false }
        index = end + 2
        isCommaDue = true
        return true
    }

    private func isMoment(_ text: Range<Int>) -> Bool {
        let text = UnsafeBufferPointer(rebasing: self.text[text])
        return Timestamp(rfc3339: text)?.isWritten(text, digits: 6) ?? false
    }

    /// A text in valid UTF-8 and without anything that is escaped. Returns where it stands.
    @discardableResult
    private mutating func readText(_ id: JobFieldID, into draft: inout JobDraft) -> Range<Int> {
        take("\"")
        let start = index
        while true {
            index = ByteWords.firstSpecial(in: text, from: index, stopsAtNonASCII: true)
            guard index < text.count, text[index] >= 0x80 else { break }
            guard let length = UTF8Sequence.length(at: index, in: text) else { break }
            index += length
        }
        let end = index
        take("\"")
        draft.setText(id, start: start, end: end)
        return start..<end
    }

    /// Digits without a leading zero, at most 15: what `JSONCursor.integer` takes.
    private mutating func integer() -> Int64 {
        let start = index
        var value: Int64 = 0
        while index < text.count, index - start < 16, text[index] &- 0x30 < 10 {
            value = value * 10 + Int64(text[index] - 0x30)
            index += 1
        }
        let digits = index - start
        if digits == 0 || digits > 15 || (digits > 1 && text[start] == 0x30) { isOther = true }
        return value
    }
}
