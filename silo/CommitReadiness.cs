using Payments.ClientApi;
using Payments.Storage.Postgres;

namespace Payments.Silo;

/// <summary>A node whose commits wait for long takes no more requests: others may be faster.</summary>
internal sealed class CommitReadiness(GroupCommitter committer) : IReadiness
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public string? Problem => committer.LongestWait > Longest ? "commits wait" : null;
}
