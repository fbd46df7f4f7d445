/// The callers' ids of the records that have no delivery report yet, by token. Pure.
///
/// Tokens are places in a table and are used again: a record costs neither a hash nor an allocation.
struct RecordsInFlight: Sendable {
    private enum Place {
        case taken(Int64)
        /// The next free place; -1 for none.
        case free(next: Int)
    }

    private var places: [Place] = []
    private var firstFree = -1
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Notes a record; the token, never 0, stands for it until it is removed.
    mutating func insert(_ id: Int64) -> UInt {
        count += 1
        guard firstFree >= 0, case .free(let next) = places[firstFree] else {
            places.append(.taken(id))
            return UInt(places.count)
        }
        let place = firstFree
        firstFree = next
        places[place] = .taken(id)
        return UInt(place + 1)
    }

    /// The id behind a token, which is free from here on; nil for a token that stands for nothing.
    mutating func remove(_ token: UInt) -> Int64? {
        let place = Int(bitPattern: token) - 1
        guard places.indices.contains(place), case .taken(let id) = places[place] else { return nil }
        places[place] = .free(next: firstFree)
        firstFree = place
        count -= 1
        return id
    }

    /// Removes all, and returns their ids.
    mutating func removeAll() -> [Int64] {
        let ids = places.compactMap { place in
            if case .taken(let id) = place { id } else { nil }
        }
        self = RecordsInFlight()
        return ids
    }
}
