using System.Diagnostics;

namespace Payments.Embedded;

/// <summary>One call of a grain method.</summary>
internal abstract class GrainCall(GrainMethod method, object?[] arguments) : Request
{
    /// <summary>
    /// What the caller awaits. It completes on a scheduler that no caller is on, so plain awaits never go on inside the callee's turn; and
    /// not by <see cref="TaskCreationOptions.RunContinuationsAsynchronously"/>, which sends <see cref="Task.WhenAll(Task[])"/> of calls
    /// through the thread pool, where no seed decides the order.
    /// </summary>
    internal abstract Task Answer { get; }

    protected GrainMethod Method => method;

    // The span of the turn: Orleans names it so too. Nobody who listens, no span.
    private Activity? _span;

    protected override Task Invoke(object grain)
    {
        _span = GrainMethod.Spans.StartActivity(method.SpanName, ActivityKind.Server);
        return method.Invoke(grain, arguments);
    }

    protected void EndSpan() => _span?.Dispose();
}

/// <summary>A call of a method that returns <see cref="Task"/>.</summary>
internal sealed class PlainCall(GrainMethod method, object?[] arguments) : GrainCall(method, arguments)
{
    private readonly TaskCompletionSource _answer = new();

    internal override Task Answer => Method.IsOneWay ? Task.CompletedTask : _answer.Task;

    internal override void Fail(Exception exception)
    {
        if (Method.IsOneWay)
        {
            Activation?.Node.Logger.OneWayCallFailed(exception, Method.Name, Activation.ToString());
        }
        else
        {
            _answer.TrySetException(exception);
        }
    }

    protected override void Complete(Task work)
    {
        EndSpan();
        if (Method.IsOneWay && work.Exception is { InnerException: { } failure })
        {
            Fail(failure);
        }
        else
        {
            _answer.TrySetFromTask(work);
        }
    }
}

/// <summary>A call of a method that returns <see cref="Task{TResult}"/>.</summary>
internal sealed class ResultCall<T>(GrainMethod method, object?[] arguments) : GrainCall(method, arguments)
{
    private readonly TaskCompletionSource<T> _answer = new();

    internal override Task Answer => _answer.Task;

    internal override void Fail(Exception exception) => _answer.TrySetException(exception);

    // The engine's own failure of a call that did not return a Task<T> at all is a plain faulted task.
    protected override void Complete(Task work)
    {
        EndSpan();
        if (work is Task<T> answer)
        {
            _answer.TrySetFromTask(answer);
        }
        else
        {
            _answer.TrySetException(work.Exception!.InnerExceptions);
        }
    }
}
