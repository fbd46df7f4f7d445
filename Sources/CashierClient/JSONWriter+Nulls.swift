import SessionCore

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String?, _ nulls: CashierAccount.NullPolicy) {
        if value == nil, nulls == .null { writeNull(name) } else { member(name, value) }
    }

    mutating func member(_ name: StaticString, _ value: Int64?, _ nulls: CashierAccount.NullPolicy) {
        if value == nil, nulls == .null { writeNull(name) } else { member(name, value) }
    }

    mutating func writeNull(_ name: StaticString) {
        key(name)
        null()
    }
}
