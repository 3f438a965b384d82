using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>The rows of a query in the order of the chain, one at a time; its first three columns are writer, batch and position.</summary>
internal sealed class ChainRows : IAsyncDisposable
{
    private readonly NpgsqlCommand command;

    private ChainRows(NpgsqlCommand command, NpgsqlDataReader row) => (this.command, Row) = (command, row);

    /// <summary>The row that it is at.</summary>
    public NpgsqlDataReader Row { get; }

    public long Writer { get; private set; }

    public long Batch { get; private set; }

    private int Position { get; set; }

    public bool AtEnd { get; private set; }

    /// <summary>How many rows it has been at.</summary>
    public long Count { get; private set; }

    public static async Task<ChainRows> OpenAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = new ChainRows(command, await command.ExecuteReaderAsync(cancellationToken));
        rows.Advance();
        return rows;
    }

    /// <summary>Goes on to the next row.</summary>
    /// <remarks>Not awaited, which for millions of rows costs more than to read them: the lane has nothing else to do meanwhile.</remarks>
    public void Advance()
    {
        AtEnd = !Row.Read();
        if (AtEnd)
        {
            return;
        }

        (Writer, Batch, Position) = (Row.GetInt64(0), Row.GetInt64(1), Row.GetInt32(2));
        Count++;
    }

    /// <summary>Whether its row comes before the other's, or at the same place.</summary>
    public bool IsNotAfter(ChainRows other) =>
        !AtEnd && (other.AtEnd || (Writer, Batch, Position).CompareTo((other.Writer, other.Batch, other.Position)) <= 0);

    public async ValueTask DisposeAsync()
    {
        await Row.DisposeAsync();
        await command.DisposeAsync();
    }
}
