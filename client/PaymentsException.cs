namespace Payments.Client;

/// <summary>A request was refused, or brought no answer. <see cref="Outcome"/> says what is known of the money.</summary>
public sealed class PaymentsException : Exception
{
    internal PaymentsException(Problem problem, Exception? inner = null)
        : base($"{problem.Title}: {problem.Detail} ({problem.Code})", inner) => Problem = problem;

    /// <summary>What the API answered; made by the client where no answer came.</summary>
    public Problem Problem { get; }

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int Status => Problem.Status;

    /// <summary>The rule that said no, e.g. <c>refund_exceeds_payment</c>.</summary>
    public string Code => Problem.Code;

    /// <summary>The field or parameter that is wrong, if that is why.</summary>
    public string? Field => Problem.Field;

    /// <summary><c>not_sent</c>: nothing happened. <c>unknown</c>: it may have; the same request with the same key finds out.</summary>
    public string Outcome => Problem.Outcome;

    /// <summary>Whether the very same request, with the same key, may be sent again and may then succeed.</summary>
    public bool SafeToRetry => Problem.SafeToRetry;
}
