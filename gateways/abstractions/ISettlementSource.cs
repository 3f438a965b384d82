namespace Payments.Gateways;

/// <summary>A processor's settlement files, where it hands them out.</summary>
public interface ISettlementSource
{
    /// <summary>Whose files they are.</summary>
    string Gateway { get; }

    /// <summary>In which format, by its name.</summary>
    string Format { get; }

    /// <summary>Writes the file of a day (UTC) that is over.</summary>
    /// <exception cref="SettlementSourceException">It could not be had whole. What was written until then is nothing.</exception>
    Task FetchAsync(DateOnly day, Stream target, CancellationToken cancellationToken);
}

/// <summary>Fetches settlement files and imports them: what the grain of the schedule asks for, without files or wires of its own.</summary>
public interface ISettlementFetching
{
    /// <summary>Fetches and imports the file of a day (UTC) of a processor; false when it was imported before.</summary>
    /// <exception cref="SettlementSourceException">The processor did not hand it out whole; nothing was imported.</exception>
    /// <exception cref="Exception">What it handed out cannot be imported, and was not.</exception>
    Task<bool> ImportAsync(string gateway, DateOnly day, CancellationToken cancellationToken);
}

/// <summary>A processor does not hand a file out, or not whole; the message says what happened.</summary>
public sealed class SettlementSourceException(string message, Exception? inner = null) : Exception(message, inner);
