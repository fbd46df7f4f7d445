/// Claims that ended without an answer: the server may work on them still, and holds their jobs. Pure.
struct ClaimDoubts: Equatable {
    private var met = 0
    private var cleared = 0

    /// What `clear` is to be told once a commit got through that began after this question; nil where no claim is in
    /// doubt.
    var open: Int? {
        met > cleared ? met : nil
    }

    mutating func add() {
        met += 1
    }

    mutating func clear(_ open: Int) {
        cleared = max(cleared, open)
    }
}
