using Orleans;
using Orleans.Runtime;

namespace Payments.Tests.Embedded;

/// <summary>Keeps a text.</summary>
internal interface INoteGrain : IGrainWithStringKey
{
    Task<(string Text, bool Exists)> Read();

    Task Write(string text);

    Task Clear();

    /// <summary>Reads again what is stored.</summary>
    Task Refresh();
}

internal sealed class NoteGrain([PersistentState("note", "any")] IPersistentState<Note> state) : Grain, INoteGrain
{
    public Task<(string Text, bool Exists)> Read() => Task.FromResult((state.State.Text, state.RecordExists));

    public Task Write(string text)
    {
        state.State.Text = text;
        return state.WriteStateAsync();
    }

    public Task Clear() => state.ClearStateAsync();

    public Task Refresh() => state.ReadStateAsync();
}

internal sealed class Note
{
    public string Text { get; set; } = "";
}
