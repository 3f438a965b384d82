using System.Collections.Immutable;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Payments.Domain;

namespace Payments.Grains;

/// <summary>
/// Keeps what nodes say of a processor. It is no money and can be rebuilt, so it is in the grain storage: whoever deletes it loses what nodes said
/// that are gone, and the others say it again. It can be active twice, and then the version in the storage lets one of two win.
/// </summary>
public sealed class GatewayWatchGrain(
    [PersistentState("gateway", "rebuildable")] IPersistentState<GatewayReports> state, GatewayWatchPolicy policy, TimeProvider time)
    : Grain, IGatewayWatchGrain
{
    private const int MaxStaleTries = 5;

    public async Task ReportAsync(GatewayReport report)
    {
        for (var tries = 1; ; tries++)
        {
            var heard = report with { HeardAt = time.Now() };
            state.State.Latest = [.. Fresh().Where(other => other.Node != heard.Node).Append(heard).OrderByDescending(one => one.HeardAt).Take(policy.MostNodes)];
            try
            {
                await state.WriteStateAsync();
                return;
            }
            catch (InconsistentStateException) when (tries < MaxStaleTries)
            {
                await state.ReadStateAsync();
            }
        }
    }

    public async Task<ImmutableArray<GatewayReport>> ListAsync()
    {
        // Another activation may have heard more.
        await state.ReadStateAsync();
        return [.. Fresh().OrderBy(report => report.Node, StringComparer.Ordinal)];
    }

    private IEnumerable<GatewayReport> Fresh() => state.State.Latest.Where(report => report.HeardAt > time.Now() - policy.Forgotten);
}

/// <summary>The last report of each node.</summary>
[GenerateSerializer, Alias("payments.GatewayReports")]
public sealed class GatewayReports
{
    [Id(0)] public List<GatewayReport> Latest { get; set; } = [];
}

/// <summary>How nodes tell each other of the processors.</summary>
/// <param name="Look">How often a node looks at its own breakers; a change is told at once.</param>
/// <param name="Beat">How often it tells what has not changed.</param>
/// <param name="Forgotten">Whoever said nothing for so long does not count any more.</param>
/// <param name="MostNodes">So many nodes' reports are kept.</param>
public sealed record GatewayWatchPolicy(TimeSpan Look, TimeSpan Beat, TimeSpan Forgotten, int MostNodes)
{
    public static GatewayWatchPolicy Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60), 100);
}
