/// The provider's JSON answer, as far as it is read. Every field is optional: real answers leave nulls out.
struct ReplyDocument {
    private let root: JSONValue

    /// Nil unless the body is one strict JSON object.
    init?(_ body: [UInt8]) {
        guard let root = JSONReader.read(body), case .object = root else { return nil }
        self.root = root
    }

    /// `name`, or `object.name`; nil when it is absent or null.
    func value(_ path: String) -> JSONValue? {
        var value: JSONValue? = root
        for name in path.split(separator: ".") { value = value?.member(String(name)) }
        return value == .null ? nil : value
    }

    func text(_ path: String) -> [UInt8]? {
        guard case .string(let text) = value(path) else { return nil }
        return text
    }

    /// A text that is handed on with a session: at most 256 bytes, else nil.
    func shortText(_ path: String) -> String? {
        guard let text = text(path), text.count <= 256 else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// A canonical integer, also when it was written as a string: both forms are seen in the provider's samples.
    func integer(_ path: String) -> Int64? {
        switch value(path) {
        case .number(let token), .string(let token):
            let text = String(decoding: token, as: UTF8.self)
            guard let number = Int64(text), String(number) == text else { return nil }
            return number
        case .null, .bool, .array, .object, nil: return nil
        }
    }

    /// What a field contributes to a signature; nil for a value that no signed field can have.
    func signed(_ path: String) -> SignedValue? {
        switch value(path) {
        case nil, .null: .null
        case .string(let text), .number(let text): .text(text)
        case .bool, .array, .object: nil
        }
    }
}
