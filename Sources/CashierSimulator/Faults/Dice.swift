/// Numbers that look random and depend on the seed, the order and the number of its call only: the same orders meet the
/// same faults in every run, whatever the order in which connections are served.
struct Dice {
    private var state: UInt64

    init(seed: UInt64, subject: UInt64, call: UInt64) {
        state = mixed(mixed(seed) ^ mixed(subject &+ 0x5851_F42D_4C95_7F2D) ^ mixed(call &+ 0x1405_7B7E_F767_814F))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(state)
    }

    /// 0 ..< 1,000,000.
    mutating func partsPerMillion() -> Int {
        Int(next() % 1_000_000)
    }
}

/// The finaliser of SplitMix64: every bit of the input changes about half of the output's.
func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
}

/// FNV-1a over bytes: spreads keys over a table, protects against nobody.
func hashed(_ bytes: some Sequence<UInt8>, seed: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return mixed(hash)
}
