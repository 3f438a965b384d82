#if EMBEDDED
namespace Payments.Silo.Dashboard;

/// <summary>What this node does now. Reminders are those of all nodes on the database.</summary>
/// <param name="History">Turns per second at moments before, the oldest first.</param>
internal sealed record NodeStats(
    string Node, string Engine, DateTimeOffset At, double UpSeconds, int Activations, int OpenRequests, int LongestQueue, double TurnsPerSecond,
    IReadOnlyList<GrainStats> Grains, IReadOnlyList<Moment> History);

/// <summary>What the grains of one type do.</summary>
/// <param name="Waiting">Requests that wait, at all activations.</param>
/// <param name="LongestQueue">The most that wait at one.</param>
/// <param name="AverageTurnMs">Null before the first turn.</param>
/// <param name="RemindersDue">Those whose tick nobody has fired yet.</param>
internal sealed record GrainStats(
    string Name, int Activations, int Waiting, int LongestQueue, int Timers, long Turns, double TurnsPerSecond, double? AverageTurnMs, double LongestTurnMs,
    long Reminders, long RemindersDue, DateTimeOffset? NextReminderAt);

/// <summary>A moment of the history.</summary>
internal sealed record Moment(DateTimeOffset At, double TurnsPerSecond);
#endif
