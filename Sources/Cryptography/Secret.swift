/// A secret that prints as `‹redacted›` wherever it lands; read it with `reveal()` where it is used.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: [UInt8]

    package init(_ value: [UInt8]) {
        self.value = value
    }

    package init(_ value: String) {
        self.value = Array(value.utf8)
    }

    package func reveal() -> [UInt8] {
        value
    }

    /// The same where it lies.
    func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        value.withUnsafeBufferPointer(body)
    }

    package func isSame(as other: Secret) -> Bool {
        isEqualInConstantTime(value, other.value)
    }

    package var description: String { "‹redacted›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
