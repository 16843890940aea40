"""The suite ``native``: fills of photographs judged at the photographs' own size, where a person sees them.

Feature distances on small pictures do not see what an eye sees at 100 %: grain that crawls, a fill that is too smooth,
a border that shows. Every case here is a whole photograph with a hole in it, and is restored through the public API.
"""
