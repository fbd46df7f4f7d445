import Testing

/// The parent of every end-to-end suite: one after the other, because each takes the whole machine.
@Suite("End to end", .serialized)
struct EndToEnd {}
