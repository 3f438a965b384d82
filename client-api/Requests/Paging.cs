using System.Text.Json.Serialization.Metadata;
using Payments.ClientApi.Resources;

namespace Payments.ClientApi.Requests;

/// <summary>A page of a list: how many at most, and where to go on, taken from the parameters of a request.</summary>
/// <param name="Limit">How many at most.</param>
/// <param name="Cursor">Where to go on; null: at the beginning.</param>
internal sealed record Paging(int Limit, string? Cursor)
{
    public const string LimitNote = "How many at most.";
    public const string CursorNote = "Where to go on: next_cursor of the page before.";

    public static Paging Of(Parameters parameters) => new(parameters.Limit(), parameters.Cursor());

    /// <param name="list">Whose list it is, which, and by which filters: a cursor is good for this list alone.</param>
    /// <param name="read">Reads at most so many behind a place; null: from the beginning.</param>
    /// <param name="place">Where a row is in the list.</param>
    public async Task<IResult> AnswerAsync<TRow, TResource>(
        HttpContext context, Cursors cursors, string list, Func<string?, int, Task<IReadOnlyList<TRow>>> read, Func<TRow, string> place,
        Func<TRow, TResource> show, JsonTypeInfo<Page<TResource>> json)
    {
        var (after, problem) = Cursor is null ? (null, null) : await cursors.OpenAsync(list, Cursor, context.RequestAborted);
        if (problem is not null)
        {
            return problem;
        }

        // One more than asked for tells whether there is more.
        var rows = await read(after, Limit + 1);
        var page = new Page<TResource>
        {
            Data = [.. rows.Take(Limit).Select(show)],
            NextCursor = rows.Count > Limit ? await cursors.SealAsync(list, place(rows[Limit - 1]), context.RequestAborted) : null,
        };
        return TypedResults.Json(page, json);
    }
}
