namespace Payments.Domain;

/// <summary>Whether money is real. A merchant, its keys, payments and accounts live in one mode; test mode never reaches a live connector.</summary>
public enum Mode
{
    Test,
    Live,
}

/// <summary>The stored and shown name of a <see cref="Mode"/>.</summary>
public static class ModeNames
{
    public static string Name(this Mode mode) => mode switch
    {
        Mode.Test => "test",
        Mode.Live => "live",
    };
}
