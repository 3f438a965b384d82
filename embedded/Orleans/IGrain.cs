namespace Orleans
{
    /// <summary>Whatever can be called as a grain.</summary>
    public interface IGrain : Runtime.IAddressable;

    /// <summary>A grain whose identity is a string.</summary>
    public interface IGrainWithStringKey : IGrain;
}

namespace Orleans.Runtime
{
    /// <summary>Whatever has an address: a grain, or a reference to one.</summary>
    public interface IAddressable;
}
