/// Whether what the present task asks of a port goes before what others ask: agents wait for it.
///
/// Said in so many words, because a task's priority says something else: a child of a task group has its parent's.
package enum Urgency {
    @TaskLocal package static var isUrgent = false
}
