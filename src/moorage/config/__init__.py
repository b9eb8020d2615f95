"""Every setting of Moorage: ``options`` lists them, ``load`` reads ``moorage.conf``, ``sample`` writes one."""
