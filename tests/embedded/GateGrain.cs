using Orleans;
using Orleans.Concurrency;

namespace Payments.Tests.Embedded;

/// <summary>Requests that note when they start and end, and in between wait for the gate of their name.</summary>
internal interface IGates : IGrain
{
    Task Pass(string gate);

    [ReadOnly]
    Task Look(string gate);

    [AlwaysInterleave]
    Task Peek(string gate);

    [ResponseTimeout("00:00:05")]
    Task PassQuickly(string gate);

    Task CallYourself();

    Task Leave();

    Task PassAndLeave(string gate);

    Task Stay(TimeSpan time);
}

internal interface IGateGrain : IGates, IGrainWithStringKey;

internal interface IReentrantGateGrain : IGates, IGrainWithStringKey;

internal abstract class GatesBase(Stage stage) : Grain
{
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        stage.Note("activated");
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.Yield();
        stage.Note($"deactivated: {reason.ReasonCode}");
    }

    public async Task Pass(string gate)
    {
        stage.Note($"{gate} starts");
        await stage.Gate(gate);
        stage.Note($"{gate} ends");
    }

    public Task Look(string gate) => Pass(gate);

    public Task Peek(string gate) => Pass(gate);

    public Task PassQuickly(string gate) => Pass(gate);

    public Task CallYourself() => this.AsReference<IGateGrain>().Pass("self");

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task PassAndLeave(string gate)
    {
        DeactivateOnIdle();
        return Pass(gate);
    }

    public Task Stay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }
}

internal sealed class GateGrain(Stage stage) : GatesBase(stage), IGateGrain;

[Reentrant]
internal sealed class ReentrantGateGrain(Stage stage) : GatesBase(stage), IReentrantGateGrain;
