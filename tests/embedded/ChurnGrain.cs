using Orleans;

namespace Payments.Tests.Embedded;

/// <summary>A grain whose activations are short, and which notices if two of them, or two of its requests, overlap.</summary>
internal interface IChurnGrain : IGrainWithStringKey
{
    Task Touch();

    Task TouchAndNote();

    Task PassAndTouch(string gate, string other);
}

internal sealed class ChurnGrain(Stage stage) : Grain, IChurnGrain
{
    private int _touches;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        stage.Enter(this.GetPrimaryKeyString());
        await Task.Yield();
        stage.Exit(this.GetPrimaryKeyString());
        if (stage.ActivationFails)
        {
            throw new FormatException("The activation fails.");
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        stage.Enter(this.GetPrimaryKeyString());
        await Task.Yield();
        stage.Exit(this.GetPrimaryKeyString());
        stage.CountDeactivation();
    }

    public async Task Touch()
    {
        stage.Enter(this.GetPrimaryKeyString());
        await Task.Yield();
        stage.CountTouch();
        if (++_touches % 10 == 0)
        {
            DeactivateOnIdle();
        }

        stage.Exit(this.GetPrimaryKeyString());
    }

    public async Task TouchAndNote()
    {
        stage.Note($"{this.GetPrimaryKeyString()} in");
        await Touch();
        stage.Note($"{this.GetPrimaryKeyString()} out");
    }

    public async Task PassAndTouch(string gate, string other)
    {
        await stage.Gate(gate);
        await GrainFactory.GetGrain<IChurnGrain>(other).Touch();
    }
}
