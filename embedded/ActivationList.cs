namespace Payments.Embedded;

/// <summary>The activations of a node in the order in which they began, linked through themselves: an order that is the same in every run.</summary>
internal sealed class ActivationList
{
    private readonly Lock _lock = new();
    private Activation? _oldest;
    private Activation? _newest;

    internal void Add(Activation activation)
    {
        lock (_lock)
        {
            activation.Older = _newest;
            if (_newest is null)
            {
                _oldest = activation;
            }
            else
            {
                _newest.Newer = activation;
            }

            _newest = activation;
        }
    }

    internal void Remove(Activation activation)
    {
        lock (_lock)
        {
            if (activation.Older is null && _oldest != activation)
            {
                return;
            }

            if (activation.Older is null)
            {
                _oldest = activation.Newer;
            }
            else
            {
                activation.Older.Newer = activation.Newer;
            }

            if (activation.Newer is null)
            {
                _newest = activation.Older;
            }
            else
            {
                activation.Newer.Older = activation.Older;
            }

            activation.Older = activation.Newer = null;
        }
    }

    internal void CopyTo(List<Activation> list)
    {
        lock (_lock)
        {
            for (var activation = _oldest; activation is not null; activation = activation.Newer)
            {
                list.Add(activation);
            }
        }
    }

    internal List<Activation> ToList()
    {
        var list = new List<Activation>();
        CopyTo(list);
        return list;
    }
}
