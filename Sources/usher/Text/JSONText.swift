import SessionCore

extension JSONWriter {
    /// An object as text.
    static func object(_ members: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    mutating func member(_ name: String, _ value: Int) {
        key(named: name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(named: name)
        bool(value)
    }

    /// A moment in RFC 3339; nothing at all for nil.
    mutating func member(_ name: String, _ value: Timestamp?) {
        member(named: name, value?.rfc3339)
    }

    mutating func member(_ name: String, object members: (inout JSONWriter) -> Void) {
        key(named: name)
        beginObject()
        members(&self)
        endObject()
    }

    mutating func member<Element>(
        _ name: String,
        array elements: some Sequence<Element>,
        object members: (inout JSONWriter, Element) -> Void
    ) {
        key(named: name)
        beginArray()
        for element in elements {
            beginObject()
            members(&self, element)
            endObject()
        }
        endArray()
    }

    /// An object of counts, by name.
    mutating func member(_ name: String, counts: [String: Int]) {
        member(name) { writer in
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) { writer.member(name, count) }
        }
    }
}
