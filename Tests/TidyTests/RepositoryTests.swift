import Testing

/// The rules, held against the repository itself.
@Suite struct RepositoryTests {
    @Test(
        arguments: [
            ImportRule(), BannedCallRule(), SleepRule(), UncheckedSendableRule(), ForceUnwrapRule(), SQLRule(),
            LengthRule(),
            ForbiddenTextRule(), MarkdownRule(), ReachableRule(), UsedSettingRule(), DumpRule(),
        ] as [any Rule]
    )
    func theRepositoryKeepsTheRule(_ rule: any Rule) {
        for finding in rule.findings(in: .own) { Issue.record("\(finding)") }
    }

    /// A walk that finds nothing would keep every rule.
    @Test func theRepositoryWasRead() {
        let paths = Set(Repository.own.files.map(\.path))
        #expect(paths.isSuperset(of: ["Package.swift", "docs/CONFIG.md", "Tests/TidyTests/RepositoryTests.swift"]))
        #expect(!paths.contains { $0.hasPrefix(".build/") || $0.hasPrefix(".git/") })
        #expect(Repository.own.files(in: ["Sources"], "swift").count > 40)
    }

    @Test func everyTargetOfThePackageIsInTheTable() throws {
        let targets = Set(Repository.own.files.filter { $0.path.hasPrefix("Sources/") }.compactMap(\.target))
        #expect(targets == Set(ModuleTable.allowed.keys))
    }

    @Test func adaptersDoNotKnowEachOther() {
        for adapter in ModuleTable.adapters {
            #expect(ModuleTable.allowed[adapter]?.isDisjoint(with: ModuleTable.adapters) == true)
            #expect(ModuleTable.allowed["Worker"]?.contains(adapter) == false)
        }
    }

    @Test func everyCLibraryHasOneDoor() {
        for (library, door) in ModuleTable.doors {
            let users = ModuleTable.allowed.filter { $0.value.contains(library) }.map(\.key)
            #expect(users == [door])
        }
    }

    @Test func theTableHasNoCircle() {
        var left = ModuleTable.allowed.mapValues { $0.intersection(ModuleTable.allowed.keys) }
        while let leaf = left.first(where: { $0.value.isEmpty })?.key {
            left[leaf] = nil
            left = left.mapValues { $0.subtracting([leaf]) }
        }
        #expect(left.isEmpty)
    }
}
