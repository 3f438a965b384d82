namespace Payments.Domain;

/// <summary>Who says when the money is taken.</summary>
public enum CaptureMode
{
    /// <summary>At once: the payment begins with a charge.</summary>
    Automatic,

    /// <summary>The merchant, later: the payment begins with an authorization.</summary>
    Manual,
}

/// <summary>The stored and shown name of a <see cref="CaptureMode"/>.</summary>
public static class CaptureModeNames
{
    public static string Name(this CaptureMode capture) => capture switch
    {
        CaptureMode.Automatic => "automatic",
        CaptureMode.Manual => "manual",
    };
}
