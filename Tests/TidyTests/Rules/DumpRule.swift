/// A verb has forbidden core dumps before it gets at the sealing keys: a dump would hold them, and what they open.
struct DumpRule: Rule {
    /// What reads the key file, besides a store that is opened with it.
    var readers = ["WorkerAssembly(", "CallbacksAssembly("]

    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources/usher/Verbs"], "swift").compactMap { file in
            let code = SwiftText(file.text).code
            guard let line = code.firstIndex(where: readsKeys) else { return nil }
            guard !code[..<line].contains(where: { $0.holds(word: "usher_forbid_dumps(") }) else { return nil }
            let message = "the sealing keys are read here; call `usher_forbid_dumps` before"
            return Finding(file: file.path, line: line + 1, message: message)
        }
    }

    private func readsKeys(_ line: String) -> Bool {
        line.holds(word: "keys:") && line.holds(word: ".file") || readers.contains { line.holds(word: $0) }
    }
}
