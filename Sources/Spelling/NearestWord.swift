/// The word that was probably meant: the candidate that the fewest slips of the keyboard turn into `word`.
///
/// nil when nothing is near: more than a third of the word would have to change, or more than four characters.
/// Equally near candidates are taken in the order given. Letter case is not a difference.
package func nearestWord(to word: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(word.lowercased().unicodeScalars)
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let known = Array(candidate.lowercased().unicodeScalars)
        let allowed = min(4, max(1, max(typed.count, known.count) / 3))
        guard abs(known.count - typed.count) <= allowed else { continue }
        let distance = editDistance(typed, known)
        guard distance <= allowed, distance < best?.distance ?? .max else { continue }
        best = (candidate, distance)
    }
    return best?.word
}

/// How many insertions, deletions, substitutions and swaps of neighbours turn `left` into `right`.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let substituted = last[column] + (left[row] == right[column] ? 0 : 1)
            var distance = min(substituted, last[column + 1] + 1, current[column] + 1)
            let swapped =
                row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
            if swapped { distance = min(distance, beforeLast[column - 1] + 1) }
            current.append(distance)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
