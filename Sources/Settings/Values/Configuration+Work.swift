package import SessionCore

extension Configuration {
    /// How many calls run at once, and for whom.
    package struct Dispatch: Equatable, Sendable {
        /// Calls that one worker has in flight.
        package var inFlightMax: Int
        /// Percent of `inFlightMax` that only the interactive lane may use.
        package var interactiveReservePercent: Int
        /// For every lane.
        package var laneWeights: [Lane: Int]
        package var lease: Duration
        /// How old a signature may be when its request goes out.
        package var sendWithin: Duration
        /// From acceptance or a later `not_before`, for jobs without `not_after`.
        package var notAfterDefault: Duration

        init(_ values: SettingValues) {
            inFlightMax = values.known("dispatch.in_flight_max", values.number)
            interactiveReservePercent = values.known("dispatch.interactive_reserve", values.number)
            laneWeights = Dictionary(
                uniqueKeysWithValues: Lane.allCases.map {
                    ($0, values.known("dispatch.lane_weights.\($0.name)", values.number))
                }
            )
            lease = values.known("dispatch.lease", values.duration)
            sendWithin = values.known("dispatch.send_within", values.duration)
            notAfterDefault = values.known("dispatch.not_after_default", values.duration)
        }
    }

    /// Pauses that double from `base` up to `cap`.
    package struct Backoff: Equatable, Sendable {
        package var base: Duration
        package var cap: Duration

        init(_ values: SettingValues, at section: String) {
            base = values.known(section + ".base", values.duration)
            cap = values.known(section + ".cap", values.duration)
        }
    }

    /// When a job is tried again.
    package struct Retry: Equatable, Sendable {
        package var attemptsMax: Int
        /// From the first attempt.
        package var timeMax: Duration
        package var fast: Backoff
        package var slow: Backoff
        package var limited: Backoff
        /// Percent of calls that may be repetitions.
        package var ratioMaxPercent: Int

        init(_ values: SettingValues) {
            attemptsMax = values.known("retry.attempts_max", values.number)
            timeMax = values.known("retry.time_max", values.duration)
            fast = Backoff(values, at: "retry.fast")
            slow = Backoff(values, at: "retry.slow")
            limited = Backoff(values, at: "retry.limited")
            ratioMaxPercent = values.known("retry.ratio_max", values.number)
        }
    }

    /// When calls to an account stop.
    package struct Breaker: Equatable, Sendable {
        /// Within `window`.
        package var failures: Int
        package var window: Duration
        package var openFor: Duration
        package var probeInterval: Duration
        /// Of held accounts.
        package var trialInterval: Duration

        init(_ values: SettingValues) {
            failures = values.known("breaker.failures", values.number)
            window = values.known("breaker.window", values.duration)
            openFor = values.known("breaker.open_for", values.duration)
            probeInterval = values.known("breaker.probe_interval", values.duration)
            trialInterval = values.known("breaker.trial_interval", values.duration)
        }
    }

    /// How an unknown outcome is resolved.
    package struct Verify: Equatable, Sendable {
        /// Pauses before the look-ups, 1 to 20 of them.
        package var schedule: [Duration]
        /// How long the Cashier accepts a signed request.
        package var requestValidity: Duration
        package var clockSkew: Duration

        init(_ values: SettingValues) {
            schedule = values.known("verify.schedule", values.durations)
            requestValidity = values.known("verify.request_validity", values.duration)
            clockSkew = values.known("verify.clock_skew", values.duration)
        }
    }

    /// Getting results out.
    package struct Publishing: Equatable, Sendable {
        /// Age of a worker's oldest unpublished result from which on it starts no job.
        package var unpublishedMax: Duration
        package var linger: Duration

        init(_ values: SettingValues) {
            unpublishedMax = values.known("publishing.unpublished_max", values.duration)
            linger = values.known("publishing.linger", values.duration)
        }
    }
}
